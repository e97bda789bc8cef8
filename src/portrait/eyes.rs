//! Eyes, completed once for each photo: the white without iris and lids, and the whole iris.

use image::{Rgba, RgbaImage};

use super::EyeLayer;
use super::holes::{Weighted, fill};
use super::lens::Lens;
use super::lid;
use super::outline::{Field, Outline, Patch};
use super::tone::{Tone, tone};
use crate::geometry::smoothstep;
use crate::geometry::topology::Eye;

/// How far the patch reaches around the opening, eye widths.
const REACH: f32 = 0.7;
/// Width of the opening's rim that lashes and the lids' shadow may cover, eye widths.
const RIM: f32 = 0.03;
/// Colour that is made up for the white of an eye that shows none, if its surroundings have a mean brightness of
/// [`UNSEEN_SURROUNDINGS`]; RGB of 255.
const UNSEEN_WHITE: [f32; 3] = [185.0, 178.0, 172.0];
/// Colour that is made up for an iris that is not visible; RGB of 255.
const UNSEEN_IRIS: [f32; 3] = [45.0, 38.0, 34.0];
/// Mean brightness of an eye's surroundings for which [`UNSEEN_WHITE`] is meant, of 255. It is scaled with theirs.
const UNSEEN_SURROUNDINGS: f32 = 150.0;
/// Largest ratio of the brightness of a made-up white to that of the skin around the eye: without glass before the eye,
/// and behind dark or coloured glass.
const UNSEEN_OVER: [f32; 2] = [2.0, 1.1];
/// Least number of visible pixels of the white from which its colour and brightness are measured.
const LEAST_WHITE: usize = 12;
/// Excess over the mean colour of the iris at that radius that makes a highlight, mean of the channels, of 255.
/// Highlights fade in from .6 to 1.4 times this.
const HIGHLIGHT: f32 = 38.0;
/// Landmarks in the crease above the upper lid, which face the lids' points 9 to 15: for the person's right eye, then
/// for the left (rows "eyeUpper1" of MediaPipe's topology).
pub const CREASE: [[usize; 7]; 2] = [[190, 56, 28, 27, 29, 30, 247], [467, 260, 259, 257, 258, 286, 414]];

/// Prepares one eye of a photo.
///
/// `landmarks` are the photo's 478 landmarks in pixels, `eye` is one of
/// [`EYES`](crate::geometry::topology::EYES). What the lids cover is guessed: the white
/// from the part of it that is seen, the iris from the mean colour of every circle around its centre.
#[must_use]
pub fn complete(photo: &RgbaImage, landmarks: &[[f32; 3]], eye: &Eye) -> EyeLayer {
    let at = |i: usize| landmarks.get(i).map_or([0.0, 0.0], |p| [p[0], p[1]]);
    let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let outline = Outline::through(&eye.lids.map(at), 8);
    let width = distance(at(eye.corners[0]), at(eye.corners[1])).max(2.0);
    let [left, top, right, bottom] = outline.bounds();
    let grow = REACH * width;
    let patch = Patch::around([left - grow, top - grow, right + grow, bottom + grow], photo.width(), photo.height());
    let field = Field::of(&outline, patch);
    let centre = at(eye.iris[0]);
    let radius = (eye.iris[1..].iter().map(|&i| distance(at(i), centre)).sum::<f32>() / 4.0).max(1.0);

    let mut seen = Seen::new(photo, &field, patch, width, at(eye.cheek));
    let (centre, radius) = seen.find_iris(centre, radius);
    let (sclera, white) = (seen.sclera(radius), seen.white(radius));
    let brow = Outline::through(&eye.brow.map(at), 5);
    let bare = seen.lens.cheek.filter(|_| seen.lens.share <= 0.0);
    let skin = lid::skin(&seen.raw, &field, width, &brow, bare);
    let lid = seen.picture(|i| [skin[i][0], skin[i][1], skin[i][2], 255.0]);
    let (iris, highlight) = seen.iris(radius);
    EyeLayer {
        origin: patch.origin,
        sclera,
        white,
        iris,
        highlight,
        lid,
        centre,
        radius,
        width,
        lash: seen.lash(&field, width),
        field,
    }
}

/// The brighter of both eyes' whites, 0 to 1; `None` where neither shows any.
#[must_use]
pub fn brightest_white(eyes: &[EyeLayer; 2]) -> Option<f32> {
    eyes.iter().filter_map(|eye| eye.white).reduce(f32::max)
}

/// The patch's pixels and how much of the eyeball is seen at each.
struct Seen {
    patch: Patch,
    raw: Vec<[f32; 3]>,
    /// The pixels' colours as if the lids did not shade the eyeball.
    colours: Vec<[f32; 3]>,
    /// 1 where the eyeball is seen, 0 where a lid covers it.
    visible: Vec<f32>,
    /// Distance from the iris centre, pixels.
    radii: Vec<f32>,
    /// The photo's own hue, if it has only one: colours that are made up must have it too.
    tone: Tone,
    lens: Lens,
}

impl Seen {
    fn new(photo: &RgbaImage, field: &Field, patch: Patch, width: f32, cheek: [f32; 2]) -> Self {
        let rim = RIM * width + 0.5;
        let raw = patch.centres().map(|[x, y]| {
            let Rgba([r, g, b, _]) = *photo.get_pixel(x as u32, y as u32);
            [r, g, b].map(f32::from)
        });
        let raw: Vec<[f32; 3]> = raw.collect();
        let colours =
            raw.iter().zip(&field.values).map(|(c, v)| c.map(|c| c / shade(v[0] / width, v[1] / width))).collect();
        let visible = field.values.iter().map(|v| step(v[0], rim * 0.5, rim * 1.5)).collect();
        let lens = Lens::of(photo, &raw, field, width, cheek);
        Self { patch, raw, colours, visible, radii: vec![], tone: tone(photo), lens }
    }

    /// A made-up colour, RGB of 255, in the photo's tone.
    fn unseen(&self, colour: [f32; 3]) -> [f32; 3] {
        self.tone.apply(colour.map(|v| v / 255.0)).map(|v| 255.0 * v)
    }

    /// Corrects the iris of the landmarks by the edge that the photo shows at the iris's left and right (after
    /// Daugman's integro-differential operator). Stores each pixel's distance from the corrected centre, and returns
    /// centre and radius.
    fn find_iris(&mut self, centre: [f32; 2], radius: f32) -> ([f32; 2], f32) {
        let [width, height] = self.patch.size;
        let bright = |x: f32, y: f32| -> Option<f32> {
            let (x, y) = (x - self.patch.origin[0] as f32, y - self.patch.origin[1] as f32);
            let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
            let i = if inside { y as usize * width as usize + x as usize } else { return None };
            (self.visible[i] > 0.5).then(|| self.colours[i].iter().sum())
        };
        let edge = |shift: f32, size: f32| -> f32 {
            let mut rises = [0.0f32; 2];
            for (side, rise) in rises.iter_mut().enumerate() {
                let mut count = 0.0;
                for step in -8..=8 {
                    let (sin, cos) = (step as f32 * 5.0f32.to_radians()).sin_cos();
                    let across = if side == 0 { cos } else { -cos };
                    let at = |r: f32| bright(centre[0] + shift + across * r, centre[1] + sin * r);
                    if let (Some(out), Some(inn)) = (at(size * 1.07 + 0.5), at(size * 0.93 - 0.5)) {
                        *rise += out - inn;
                        count += 1.0;
                    }
                }
                *rise /= f32::max(count, 3.0);
            }
            rises[0].max(0.0) + rises[1].max(0.0)
        };
        let mut best = (edge(0.0, radius) * 1.1, 0.0, radius);
        for size in 0..=10 {
            for shift in -3..=3 {
                let (shift, size) = (shift as f32 * 0.04 * radius, radius * (0.78 + 0.03 * size as f32));
                let score = edge(shift, size);
                if score > best.0 {
                    best = (score, shift, size);
                }
            }
        }
        let centre = [centre[0] + best.1, centre[1]];
        self.radii = self.patch.centres().map(|[x, y]| (x - centre[0]).hypot(y - centre[1])).collect();
        (centre, best.2)
    }

    fn picture(&self, pixel: impl Fn(usize) -> [f32; 4]) -> RgbaImage {
        let [width, height] = self.patch.size;
        RgbaImage::from_fn(width, height, |x, y| {
            Rgba(pixel((y * width + x) as usize).map(|v| v.round().clamp(0.0, 255.0) as u8))
        })
    }

    /// Colours of the patch, each with the weight (0 to 1) with which it counts as the white of the eye.
    fn whites(&self, radius: f32) -> impl Iterator<Item = Weighted> {
        (self.colours.iter().zip(self.visible.iter().zip(&self.radii)))
            .map(move |(&[r, g, b], (&visible, &far))| [r, g, b, visible * step(far, radius * 1.12, radius * 1.4)])
    }

    /// Brightness of the white, 0 to 1: the ninth decile of its visible pixels.
    fn white(&self, radius: f32) -> Option<f32> {
        let seen = self.whites(radius).filter(|pixel| pixel[3] > 0.5);
        let mut bright: Vec<f32> = seen.map(|[r, g, b, _]| (r + g + b) / (3.0 * 255.0)).collect();
        bright.sort_by(f32::total_cmp);
        match bright.len() {
            LEAST_WHITE.. => Some(bright[bright.len() * 9 / 10].min(1.0)),
            // The made-up white is used only behind glass, where it is dark: without this it would count as not seen.
            _ => (self.lens.share > 0.5).then(|| self.unseen_white().iter().sum::<f32>() / (3.0 * 255.0)),
        }
    }

    /// The made-up white of a closed or tiny eye, RGB of 255. Its brightness follows that of the skin around the eye,
    /// and glass before the eye colours it.
    fn unseen_white(&self) -> [f32; 3] {
        let mean = self.colours.iter().flatten().sum::<f32>() / (3 * self.colours.len()).max(1) as f32;
        let light = (mean / UNSEEN_SURROUNDINGS).clamp(0.3, 1.15);
        let white = self.unseen(UNSEEN_WHITE).map(|c| c * light);
        let Lens { around, share, .. } = self.lens;
        let [bright, dark] = [white, around].map(|colour| (colour.iter().sum::<f32>() / 3.0).max(1.0));
        let over = UNSEEN_OVER[0] + (UNSEEN_OVER[1] - UNSEEN_OVER[0]) * share;
        let dimmed = (over * dark / bright).min(1.0);
        std::array::from_fn(|c| dimmed * (white[c] + (around[c] / dark * bright - white[c]) * share))
    }

    fn sclera(&self, radius: f32) -> RgbaImage {
        let mut pixels: Vec<Weighted> = self.whites(radius).collect();
        let mut shares: Vec<f32> = pixels.iter().map(|p| p[3]).collect();
        // The hidden part is guessed from the brightest pixels most, as lids and the iris's border shade the others.
        let bright = |p: &Weighted| p[0] + p[1] + p[2];
        let brightest = pixels.iter().filter(|p| p[3] > 0.5).map(bright).fold(1.0, f32::max);
        for pixel in &mut pixels {
            pixel[3] *= (bright(pixel) / brightest).min(1.0).powi(2);
        }
        let known: f32 = pixels.iter().map(|p| p[3]).sum();
        if known < LEAST_WHITE as f32 {
            let [r, g, b] = self.unseen_white();
            pixels.fill([r, g, b, 1.0]);
            shares.fill(0.0);
        }
        let [width, height] = self.patch.size;
        let filled = fill(&pixels, width as usize, height as usize);
        self.picture(|i| {
            let [r, g, b] = [0, 1, 2].map(|c| filled[i][c] + (self.colours[i][c] - filled[i][c]) * shares[i]);
            [r, g, b, 255.0]
        })
    }

    /// The completed iris without its highlights (alpha is its disc), and the highlights that are added to it.
    fn iris(&self, radius: f32) -> (RgbaImage, RgbaImage) {
        let rings = self.rings(radius);
        let smooth = |far: f32| -> [f32; 3] {
            let far = far.clamp(0.0, (rings.len() - 1) as f32);
            let k = (far as usize).min(rings.len().saturating_sub(2));
            let t = far - k as f32;
            [0, 1, 2].map(|c| rings[k][c] * (1.0 - t) + rings[(k + 1).min(rings.len() - 1)][c] * t)
        };
        let glow = |i: usize| -> [f32; 3] {
            let base = smooth(self.radii[i]);
            let excess = [0, 1, 2].map(|c| (self.colours[i][c] - base[c]).max(0.0));
            let bright = excess.iter().sum::<f32>() / 3.0;
            let share = self.visible[i]
                * step(bright, HIGHLIGHT * 0.6, HIGHLIGHT * 1.4)
                * (1.0 - step(self.radii[i], radius * 0.75, radius * 0.95));
            excess.map(|e| e * share)
        };
        let iris = self.picture(|i| {
            let (base, glow) = (smooth(self.radii[i]), glow(i));
            let visible = self.visible[i] * (1.0 - step(self.radii[i], radius, radius * 1.1));
            let [r, g, b] = [0, 1, 2].map(|c| base[c] * (1.0 - visible) + (self.colours[i][c] - glow[c]) * visible);
            [r, g, b, 255.0 * (1.0 - step(self.radii[i], radius * 0.92, radius * 1.06))]
        });
        let highlight = self.picture(|i| {
            let [r, g, b] = glow(i);
            [r, g, b, 255.0]
        });
        (iris, highlight)
    }

    /// Mean colour of every circle around the iris centre, one for each pixel of radius. A second
    /// pass leaves highlights out.
    fn rings(&self, radius: f32) -> Vec<[f32; 3]> {
        let count = (radius * 1.3) as usize + 3;
        let mut rings = vec![self.unseen(UNSEEN_IRIS); count];
        for pass in 0..2 {
            let mut sums = vec![[0.0f32; 4]; count];
            for (i, &far) in self.radii.iter().enumerate() {
                let weight = self.visible[i];
                let k = far.round() as usize;
                if k >= count || weight <= 0.0 {
                    continue;
                }
                let excess = self.colours[i].iter().sum::<f32>() - rings[k].iter().sum::<f32>();
                if pass == 1 && excess > 3.0 * HIGHLIGHT * 0.6 {
                    continue;
                }
                for (sum, colour) in sums[k].iter_mut().zip(self.colours[i]) {
                    *sum += colour * weight;
                }
                sums[k][3] += weight;
            }
            let mut last = None;
            for k in 0..count {
                if sums[k][3] > 1.0 {
                    rings[k] = [0, 1, 2].map(|c| sums[k][c] / sums[k][3]);
                    last = Some(rings[k]);
                } else if let Some(inner) = last {
                    rings[k] = inner;
                }
            }
        }
        rings
    }

    /// Colour of the lashes: the mean of the darkest fifth of the upper lid's edge. Green and blue are no more than red
    /// there, because a coloured iris may reach up to the edge, but lashes are black to brown.
    fn lash(&self, field: &Field, width: f32) -> [f32; 3] {
        let mut edge: Vec<[f32; 3]> = field
            .values
            .iter()
            .zip(&self.raw)
            .filter(|(v, _)| v[1].abs() < 0.05 * width && v[0] < 0.02 * width && v[2] > 0.8)
            .map(|(_, &colour)| colour)
            .collect();
        edge.sort_by(|a, b| a.iter().sum::<f32>().total_cmp(&b.iter().sum::<f32>()));
        edge.truncate((edge.len() / 5).max(1));
        let count = edge.len().max(1) as f32;
        let [red, green, blue] = [0, 1, 2].map(|c| edge.iter().map(|p| p[c]).sum::<f32>() / count);
        [red, green.min(red), blue.min(red)]
    }
}

/// Share of the light that the lids let fall on a place of the eyeball; `inside` is its distance from
/// the lids' edge, `below` that from the upper lid, both in eye widths. The shaders darken by the same formula.
fn shade(inside: f32, below: f32) -> f32 {
    (0.70 + 0.30 * step(below, 0.0, 0.17)) * (0.78 + 0.22 * step(inside, 0.0, 0.08))
}

/// [`smoothstep`] in single precision.
pub(super) fn step(x: f32, a: f32, b: f32) -> f32 {
    smoothstep(f64::from(x), f64::from(a), f64::from(b)) as f32
}

#[cfg(test)]
mod tests;
