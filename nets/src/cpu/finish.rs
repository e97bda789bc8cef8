//! What happens to a sum of products before it is stored.

use super::lanes::{Lanes, Octet};
use super::plane::{Source, Target};

/// The activation, with the slopes of a PReLU in octets.
#[derive(Debug, Clone)]
pub(super) enum Act {
    None,
    Relu,
    Prelu(Vec<Octet>),
    Sigmoid,
}

/// A value that is added to a sum (see [`Skip`](crate::graph::Skip)).
#[derive(Clone, Copy)]
pub(super) enum Added<'a> {
    Nothing,
    Same(Source<'a>),
    /// Of each 2 x 2 pixels the largest is added.
    Halved(Source<'a>),
}

/// Everything between a sum and its store.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// Scales and shifts, an octet each for every plane.
    pub(super) film: Option<[&'a [Octet]; 2]>,
    pub(super) added: Added<'a>,
    pub(super) act: &'a Act,
}

impl Finish<'_> {
    /// Finishes the sums of neighbouring pixels' eight channels, the first at `x`, and stores them.
    #[inline(always)]
    pub(super) fn store<L: Lanes, const PIXELS: usize>(
        &self,
        lanes: L,
        to: &mut Target<'_>,
        [plane, y, x]: [usize; 3],
        mut sums: [L::Eight; PIXELS],
    ) {
        if let Some([scales, shifts]) = self.film {
            let (scale, shift) = (lanes.load(&scales[plane]), lanes.load(&shifts[plane]));
            for sum in &mut sums {
                *sum = lanes.mul_add(*sum, scale, shift);
            }
        }
        match self.added {
            Added::Same(from) if plane < from.layout.planes() => {
                let at = from.layout.at(plane, y, x);
                let octets = &from.planes[at..at + PIXELS];
                for i in 0..PIXELS {
                    sums[i] = lanes.add(sums[i], lanes.load(&octets[i]));
                }
            }
            Added::Halved(from) if plane < from.layout.planes() => {
                let upper = from.layout.at(plane, 2 * y, 2 * x);
                let lower = upper + from.layout.line();
                let [upper, lower] = [upper, lower].map(|at| &from.planes[at..at + 2 * PIXELS]);
                for i in 0..PIXELS {
                    let pair = |row: &[Octet]| lanes.max(lanes.load(&row[2 * i]), lanes.load(&row[2 * i + 1]));
                    sums[i] = lanes.add(sums[i], lanes.max(pair(upper), pair(lower)));
                }
            }
            _ => {}
        }
        match self.act {
            Act::None => {}
            Act::Relu => {
                for sum in &mut sums {
                    *sum = lanes.positive(*sum);
                }
            }
            Act::Prelu(slopes) => {
                let slope = lanes.load(&slopes[plane]);
                for sum in &mut sums {
                    *sum = lanes.mul_add(lanes.negative(*sum), slope, lanes.positive(*sum));
                }
            }
            Act::Sigmoid => {
                for sum in &mut sums {
                    let mut octet = Octet::default();
                    lanes.store(&mut octet, *sum);
                    sigmoids(&mut octet);
                    *sum = lanes.load(&octet);
                }
            }
        }
        let at = to.at(plane, y, x);
        if let Some(octets) = to.plain.get_mut(at..at + PIXELS) {
            for i in 0..PIXELS {
                lanes.store(&mut octets[i], sums[i]);
            }
        }
        if let Some(octets) = to.rectified.get_mut(at..at + PIXELS) {
            for i in 0..PIXELS {
                lanes.store(&mut octets[i], lanes.positive(sums[i]));
            }
        }
    }
}

/// The sigmoid of each number. Never inlined: it would make the loop over a tile's sums too long to be unrolled, and
/// then the sums could not stay in registers.
#[inline(never)]
fn sigmoids(values: &mut Octet) {
    values.0.iter_mut().for_each(|v| *v = sigmoid(*v));
}

/// `1 / (1 + exp(-x))`.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
