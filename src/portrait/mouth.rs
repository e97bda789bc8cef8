//! The mouth: what the photo shows of its inside, and its light.

use image::RgbaImage;

use super::MouthLayer;
use super::outline::{Field, Outline, Patch};
use super::tone::tone;
use crate::geometry::topology::INNER_LIPS;
use crate::geometry::{FaceGeometry, smoothstep};
use crate::motion::lip_gap;

/// Margin of the distance field around the opening between the lips, mouth widths.
const REACH: f32 = 0.12;
/// The longest visible crown of a tooth, centimetres.
const CROWN: f32 = 0.85;
/// How much of the photo's own opening is shown in a mouth that moves, by the gap between the photo's lips: nothing
/// below the first, all above the second; centimetres. A narrow gap shows only a line of teeth, which would be left
/// alone in a mouth that opens.
const SHOWN: [f64; 2] = [0.18, 0.36];
/// Least brightness of lower teeth in a photo, as a share of the upper teeth's. They may be darker, as they stand
/// farther back.
const LOWER_TEETH: f32 = 0.7;
/// Least height of the opening below the upper row in which lower teeth are looked for, centimetres: a lower strip
/// cannot be told from the light on a lip.
const LEAST_LOWER: f32 = 0.2;
/// Teeth of the upper row have at least this share of the green of the brightest teeth in the opening. What has less
/// lies below the row: lower teeth in its shadow, or a lip and the lip's shadow.
const UPPER_ROW: f32 = 0.8;
/// Least number of pixels of an opening in which teeth are looked for.
const ENOUGH: usize = 40;
/// Number of equal steps that the opening's height is divided into, from the lower lip to the upper.
pub(super) const HEIGHTS: usize = 24;
/// Landmarks on the cheeks, where skin shows its plain colour.
const CHEEKS: [usize; 4] = [50, 280, 205, 425];
/// Brightness of skin under the light that the painted colours are made for.
const SKIN_BRIGHTNESS: f32 = 170.0;
/// Power of the skin's brightness (1 at [`SKIN_BRIGHTNESS`]) with which the brightness of teeth goes. This power and
/// [`BY_WHITE`] were fitted to 38 photos that show teeth, most of them from a studio with skin of any tone.
const BY_SKIN: f32 = 0.18;
/// Power of the brightness of the eyes' white (0 to 1) with which the brightness of teeth goes.
const BY_WHITE: f32 = 0.43;
/// Factor on the product of both powers. With it, usual skin and a usual white give a light as bright as that skin is
/// against [`SKIN_BRIGHTNESS`].
const LIGHT: f32 = 1.04;
/// Brightness (0 to 1) that the white of the eyes is taken to have where no white is seen and the skin has
/// [`SKIN_BRIGHTNESS`].
const WHITE: f32 = 0.7;
/// Power of the skin's brightness with which a white that is not seen goes. Together with [`BY_SKIN`], teeth then go
/// with the skin's brightness to the power of .32, as they do in the same 38 photos if their whites are left out.
const WHITE_BY_SKIN: f32 = 0.33;
/// Least brightness that a white is taken to have, as a share of the skin's: behind dark glass a white looks darker.
const LEAST_WHITE: f32 = 0.85;
/// Ratio of skin's channels to their mean under neutral light, RGB.
const SKIN_HUE: [f32; 3] = [1.18, 0.95, 0.84];
/// How much of the skin's colour cast comes from the light, as an exponent on the cast's ratio.
const CAST: f32 = 0.4;
/// Factor on the colours of the mouth's inside, RGB: the light in a mouth is a little warmer than outside.
const WARMTH: [f32; 3] = [1.06, 0.99, 0.93];

/// Prepares the mouth of a photo. `white` is the brightness of the white of its eyes, 0 to 1, if any is seen.
#[must_use]
pub fn prepare(photo: &RgbaImage, face: &FaceGeometry, white: Option<f32>) -> MouthLayer {
    let field = field(photo, face);
    let skin = skin(photo, CHEEKS.map(|i| place(face, i)));
    let gap = lip_gap(&face.shape) as f32;
    let teeth = teeth(inside(photo, &field));
    // Where no teeth show how far the skull's part reaches down, it is the upper part of the opening, one crown high.
    let brightness = heights(photo, &field, |colour| colour.iter().sum::<f32>() / 3.0);
    let split = if teeth.is_some() { lower_end_of_teeth(&brightness) } else { 1.0 - CROWN / gap.max(CROWN) };
    let lower_teeth = teeth.is_some() && split * gap > LEAST_LOWER && as_bright_below(&brightness, split);
    let upper_end = if teeth.is_some() { split.max(end_of_row(&heights(photo, &field, |[_, g, _]| g))) } else { split };
    MouthLayer { tint: tint(skin, white), tone: tone(photo), gap, teeth, split, upper_end, lower_teeth, field }
}

/// Where a landmark is in the photo, pixels.
pub(super) fn place(face: &FaceGeometry, landmark: usize) -> [f32; 2] {
    face.landmarks.get(landmark).map_or([0.0, 0.0], |p| [p[0], p[1]])
}

/// Distances to the inner lips' outline, at the pixels of the opening and a margin around it.
pub(super) fn field(photo: &RgbaImage, face: &FaceGeometry) -> Field {
    let outline = Outline::through(&INNER_LIPS.map(|i| place(face, i)), 10);
    let [left, top, right, bottom] = outline.bounds();
    let grow = REACH * (right - left).max(8.0);
    let patch = Patch::around([left - grow, top - grow, right + grow, bottom + grow], photo.width(), photo.height());
    Field::of(&outline, patch)
}

impl MouthLayer {
    /// How much of the photo's own opening is shown where the mouth moves, 0 to 1.
    #[must_use]
    pub fn shown(&self) -> f32 {
        smoothstep(f64::from(self.gap), SHOWN[0], SHOWN[1]) as f32
    }

    /// How much of the photo's own teeth is shown where the mouth moves, 0 to 1; 0 if the opening has no teeth.
    #[must_use]
    pub fn teeth_shown(&self) -> f32 {
        self.teeth.map_or(0.0, |_| self.shown())
    }
}

/// Mean of `told`, a function of a pixel's colour (RGB of 255), over the middle half of the patch at each height of
/// the opening, from the lower lip upwards. A height without a pixel has the value of the one below it, or 0 if there
/// is none.
pub(super) fn heights(photo: &RgbaImage, field: &Field, told: fn([f32; 3]) -> f32) -> [f32; HEIGHTS] {
    let middle = field.patch.origin[0] as f32 + field.patch.size[0] as f32 / 2.0;
    let reach = field.patch.size[0] as f32 * 0.25;
    let mut sums = [[0.0f32; 2]; HEIGHTS];
    for (value, [x, y]) in field.values.iter().zip(field.patch.centres()) {
        let Some(pixel) = photo.get_pixel_checked(x as u32, y as u32) else { continue };
        if value[0] > 0.5 && (x - middle).abs() < reach {
            let sum = &mut sums[((value[3] * HEIGHTS as f32) as usize).min(HEIGHTS - 1)];
            let [r, g, b, _] = pixel.0.map(f32::from);
            sum[0] += told([r, g, b]);
            sum[1] += 1.0;
        }
    }
    let mut brightness = [0.0f32; HEIGHTS];
    for k in 0..HEIGHTS {
        let before = if k > 0 { brightness[k - 1] } else { 0.0 };
        brightness[k] = if sums[k][1] > 0.0 { sums[k][0] / sums[k][1] } else { before };
    }
    brightness
}

/// The height in the opening (0 at the lower lip, 1 at the upper) where the upper row of teeth
/// ends; 0 when it reaches down to the lip.
fn lower_end_of_teeth(brightness: &[f32; HEIGHTS]) -> f32 {
    let upper_half = HEIGHTS / 2..HEIGHTS;
    let Some(brightest) = upper_half.max_by(|&a, &b| brightness[a].total_cmp(&brightness[b])) else { return 0.0 };
    // The lowest eighth is left out: there the lower lip's own shadow is dark, and that is no gap between teeth.
    let Some(darkest) = (HEIGHTS / 8..brightest).min_by(|&a, &b| brightness[a].total_cmp(&brightness[b])) else {
        return 0.0;
    };
    let below = brightness[..darkest].iter().copied().fold(0.0, f32::max);
    let (high, low) = (brightness[brightest], brightness[darkest]);
    let is_gap = low < 0.55 * high || (low < 0.88 * high && below > 1.06 * low);
    if !is_gap {
        return 0.0;
    }
    let half = (high + low) / 2.0;
    let edge = (darkest..brightest).rev().find(|&k| brightness[k] < half).unwrap_or(darkest);
    edge as f32 / HEIGHTS as f32
}

/// The height in the opening (0 at the lower lip, 1 at the upper) where the upper row of teeth ends. `green` is the
/// mean green at each height: gums, lips and teeth in the shadow have less of it than lit teeth.
fn end_of_row(green: &[f32; HEIGHTS]) -> f32 {
    let most = green.iter().copied().fold(0.0, f32::max);
    let end = green.iter().position(|&green| green > UPPER_ROW * most).unwrap_or(0);
    // The lowest heights may hold no pixel at all and then have 0. That is no shadow: the row reaches down to the lip.
    if green[..end].iter().all(|&green| green == 0.0) { 0.0 } else { end as f32 / HEIGHTS as f32 }
}

/// Whether the opening below the height `split`, where the upper teeth end, is somewhere as bright as lower teeth are.
fn as_bright_below(brightness: &[f32; HEIGHTS], split: f32) -> bool {
    let (below, above) = brightness.split_at(((split * HEIGHTS as f32) as usize).min(HEIGHTS));
    let brightest = |part: &[f32]| part.iter().copied().fold(0.0, f32::max);
    !below.is_empty() && brightest(below) > LOWER_TEETH * brightest(above)
}

/// Median colour of the cheeks.
fn skin(photo: &RgbaImage, places: [[f32; 2]; 4]) -> [f32; 3] {
    let mut samples: Vec<[u8; 3]> = Vec::new();
    for [x, y] in places {
        for (dx, dy) in [(0.0, 0.0), (-2.0, 0.0), (2.0, 0.0), (0.0, -2.0), (0.0, 2.0)] {
            let x = ((x + dx).max(0.0) as u32).min(photo.width().saturating_sub(1));
            let y = ((y + dy).max(0.0) as u32).min(photo.height().saturating_sub(1));
            if let Some(pixel) = photo.get_pixel_checked(x, y) {
                samples.push([pixel[0], pixel[1], pixel[2]]);
            }
        }
    }
    [0, 1, 2].map(|c| {
        let mut channel: Vec<u8> = samples.iter().map(|s| s[c]).collect();
        channel.sort_unstable();
        channel.get(channel.len() / 2).map_or(SKIN_BRIGHTNESS, |&v| f32::from(v))
    })
}

/// The factor that fits painted colours to the photo's light, told by the colour of the `skin`, RGB of 255, and by
/// the brightness of the `white` of an eye, 0 to 1. Skin alone would not do: teeth are as bright in a dark face as in
/// a light one.
fn tint(skin: [f32; 3], white: Option<f32>) -> [f32; 3] {
    let mean = (skin.iter().sum::<f32>() / 3.0).max(1.0);
    let lit = mean / SKIN_BRIGHTNESS;
    // Behind dark glass a white looks darker than the light that falls on the teeth.
    let white = white.unwrap_or(WHITE * lit.powf(WHITE_BY_SKIN)).max(LEAST_WHITE * mean / 255.0);
    let brightness = (LIGHT * lit.powf(BY_SKIN) * white.powf(BY_WHITE)).clamp(0.25, 1.15);
    [0, 1, 2].map(|c| brightness * (skin[c] / mean / SKIN_HUE[c]).clamp(0.75, 1.25).powf(CAST) * WARMTH[c])
}

/// Colours of the opening, without its border.
pub(super) fn inside(photo: &RgbaImage, field: &Field) -> Vec<[f32; 3]> {
    field
        .patch
        .centres()
        .zip(&field.values)
        .filter(|(_, v)| v[0] > 1.5)
        .filter_map(|([x, y], _)| photo.get_pixel_checked(x as u32, y as u32))
        .map(|p| [p[0], p[1], p[2]].map(f32::from))
        .collect()
}

/// Colour of the teeth that the photo shows: the median of the opening's brighter half, if
/// it is bright and pale enough to be teeth.
pub(super) fn teeth(mut inside: Vec<[f32; 3]>) -> Option<[f32; 3]> {
    if inside.len() < ENOUGH {
        return None;
    }
    inside.sort_by(|a, b| b.iter().sum::<f32>().total_cmp(&a.iter().sum::<f32>()));
    let [r, g, b] = inside[inside.len() / 4];
    (g > 90.0 && r - g < 0.3 * r && b > 0.55 * r).then_some([r / 255.0, g / 255.0, b / 255.0])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::geometry::topology::LOWER_INNER_LIP;
    use crate::geometry::{CanonicalFace, LANDMARKS};
    use image::Rgba;

    fn face(open: f64) -> FaceGeometry {
        face_in(open, 300)
    }

    /// The canonical face with its lower inner lip lowered by `open` centimetres, in a picture of `size` x `size`
    /// pixels.
    pub(in crate::portrait) fn face_in(open: f64, size: u32) -> FaceGeometry {
        let camera = crate::geometry::Camera::new(size, size);
        let mut points = CanonicalFace::get().positions.clone();
        points.resize(LANDMARKS, nalgebra::Vector3::new(3.0, 2.5, 4.0));
        for i in LOWER_INNER_LIP {
            points[i].y -= open;
        }
        let landmarks: Vec<[f32; 3]> = points
            .iter()
            .map(|p| {
                let q = camera.project(&nalgebra::Vector3::new(p.x, p.y, p.z - 40.0));
                [q.x as f32, q.y as f32, (-p.z / 40.0 / camera.near_plane().x * camera.width) as f32]
            })
            .collect();
        FaceGeometry::fit(&landmarks, size, size)
    }

    #[test]
    fn bright_pale_pixels_in_the_opening_are_teeth() {
        let white = RgbaImage::from_pixel(300, 300, Rgba([220, 214, 200, 255]));
        let red = RgbaImage::from_pixel(300, 300, Rgba([150, 60, 60, 255]));
        let teeth = prepare(&white, &face(1.0), None).teeth;
        assert!(teeth.is_some_and(|t| (t[0] - 220.0 / 255.0).abs() < 0.01), "{teeth:?}");
        assert_eq!(prepare(&red, &face(1.0), None).teeth, None);
        assert_eq!(prepare(&white, &face(0.0), None).teeth, None);
    }

    #[test]
    fn a_line_of_teeth_is_not_shown() {
        let mut layer = prepare(&RgbaImage::from_pixel(300, 300, Rgba([220, 214, 200, 255])), &face(1.0), None);
        let shown = [0.1, 0.25, 0.5].map(|gap| {
            layer.gap = gap;
            layer.shown()
        });
        assert!(shown[0] == 0.0 && shown[1] > 0.0 && shown[1] < 1.0 && shown[2] == 1.0, "{shown:?}");
    }

    #[test]
    fn teeth_end_where_the_mouth_is_dark() {
        let face = face(2.0);
        let plain = RgbaImage::from_pixel(300, 300, Rgba([225, 215, 205, 255]));
        let mut half = plain.clone();
        let [top, bottom] = [13, 14].map(|i| face.landmarks[i][1]);
        for pixel in half.enumerate_pixels_mut().filter(|(_, y, _)| *y as f32 > (top + bottom) / 2.0) {
            *pixel.2 = Rgba([40, 20, 20, 255]);
        }
        assert_eq!(prepare(&plain, &face, None).split, 0.0);
        let layer = prepare(&half, &face, None);
        assert!((layer.split - 0.5).abs() < 0.15 && !layer.lower_teeth, "{}", layer.split);
        // Below the dark gap there are lower teeth.
        let lowest = half.enumerate_pixels_mut().filter(|(_, y, _)| *y as f32 > bottom - 0.3 * (bottom - top));
        lowest.for_each(|(_, _, pixel)| *pixel = Rgba([200, 190, 180, 255]));
        let layer = prepare(&half, &face, None);
        assert!(layer.split > 0.35 && layer.lower_teeth, "{}", layer.split);
    }

    #[test]
    fn teeth_that_reach_down_to_a_lip_end_above_its_shadow_and_above_the_tips_of_lower_teeth() {
        let face = face(1.0);
        let plain = RgbaImage::from_pixel(300, 300, Rgba([225, 215, 205, 255]));
        assert_eq!(prepare(&plain, &face, None).upper_end, 0.0);
        let [top, bottom] = [13, 14].map(|i| face.landmarks[i][1]);
        // The first colour is a lip's shadow. The second is that of lower teeth and a wet lip, nearly as bright as
        // teeth.
        for colour in [[140, 120, 110, 255], [222, 165, 165, 255]] {
            let mut photo = plain.clone();
            let lowest = photo.enumerate_pixels_mut().filter(|(_, y, _)| *y as f32 > bottom - 0.2 * (bottom - top));
            lowest.for_each(|(_, _, pixel)| *pixel = Rgba(colour));
            let layer = prepare(&photo, &face, None);
            assert!((0.1..0.3).contains(&layer.upper_end) && layer.upper_end >= layer.split, "{}", layer.upper_end);
        }
    }

    #[test]
    fn tint_follows_the_light() {
        let with =
            |r, g, b, white| prepare(&RgbaImage::from_pixel(300, 300, Rgba([r, g, b, 255])), &face(0.0), white).tint;
        let of = |r, g, b| with(r, g, b, None);
        let (dark, bright, blue) = (of(60, 48, 42), of(200, 160, 140), of(140, 150, 190));
        assert!(dark.iter().zip(&bright).all(|(d, b)| d < b));
        assert!(blue[2] / blue[0] > bright[2] / bright[0]);
        // Dark skin in the light of the bright face, told by a white of .75, and in dim light.
        let [same, dim] = [0.75, 0.2].map(|white| with(60, 48, 42, Some(white)));
        assert!(same[1] > 0.75 * bright[1] && dim[1] < 0.7 * same[1], "{same:?} {dim:?} {bright:?}");
    }
}
