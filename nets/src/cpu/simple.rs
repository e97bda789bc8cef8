//! The steps that are no convolutions: a few additions each, written for the compiler to vectorise.

use super::lanes::{EIGHT, Octet, positive};
use super::plan::Part;
use super::plane::{Source, Target};

/// Stores one pixel's eight channels, and, where the value is also read rectified, the same with 0 for negative ones.
fn put(to: &mut Target<'_>, at: usize, value: Octet) {
    if let Some(octet) = to.plain.get_mut(at) {
        *octet = value;
    }
    if let Some(octet) = to.rectified.get_mut(at) {
        *octet = Octet(value.0.map(positive));
    }
}

/// Every pixel of `from` four times, plus `skip`.
pub(super) fn double(from: Source<'_>, skip: Source<'_>, to: &mut Target<'_>, part: &Part) {
    let layout = to.layout;
    for y in part.rows.clone() {
        for plane in part.planes.clone() {
            for x in 0..layout.size.width {
                let a = from.planes[from.layout.at(plane, y / 2, x / 2)].0;
                let b = skip.planes[skip.layout.at(plane, y, x)].0;
                put(to, to.at(plane, y, x), Octet(std::array::from_fn(|k| a[k] + b[k])));
            }
        }
    }
}

/// Every pixel's channels less their mean, over their standard deviation, times `gain`.
pub(super) fn normalise(from: Source<'_>, to: &mut Target<'_>, gain: &[Octet], epsilon: f32, part: &Part) {
    let (layout, source) = (to.layout, from.layout);
    let channels = layout.size.channels;
    let count = channels as f32;
    for y in part.rows.clone() {
        for x in 0..layout.size.width {
            let mut sum = 0.0;
            let mut squares = 0.0;
            let each = |f: &mut dyn FnMut(f32)| {
                for plane in 0..source.planes() {
                    let used = EIGHT.min(channels - plane * EIGHT);
                    from.planes[source.at(plane, y, x)].0.iter().take(used).for_each(|v| f(*v));
                }
            };
            each(&mut |v| sum += v);
            let mean = sum / count;
            each(&mut |v| squares += (v - mean) * (v - mean));
            let factor = 1.0 / (squares / count + epsilon).sqrt();
            for (plane, gain) in part.planes.clone().zip(&gain[part.planes.start..]) {
                let value = from.planes[source.at(plane, y, x)].0;
                let octet = std::array::from_fn(|k| (value[k] - mean) * factor * gain.0[k]);
                put(to, to.at(plane, y, x), Octet(octet));
            }
        }
    }
}

/// One row of pixels with channels and columns exchanged, plus `skip`.
pub(super) fn turn(from: Source<'_>, skip: Option<Source<'_>>, to: &mut Target<'_>, part: &Part) {
    let layout = to.layout;
    for plane in part.planes.clone() {
        let used = EIGHT.min(layout.size.channels - plane * EIGHT);
        for x in 0..layout.size.width {
            let mut octet = skip.map_or([0.0; EIGHT], |skip| skip.planes[skip.layout.at(plane, 0, x)].0);
            for (k, value) in octet.iter_mut().take(used).enumerate() {
                *value += from.planes[from.layout.at(x / EIGHT, 0, plane * EIGHT + k)].0[x % EIGHT];
            }
            put(to, to.at(plane, 0, x), Octet(octet));
        }
    }
}
