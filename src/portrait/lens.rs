//! Dark or coloured glass before an eye, told by how much darker or more coloured it makes the skin around the eye.

use image::RgbaImage;

use super::eyes::step;
use super::outline::Field;

/// Nearest and farthest distance from the opening between the lids at which the surroundings of an eye are sampled, eye
/// widths: lashes are nearer, brows farther.
const AROUND: [f32; 2] = [0.12, 0.4];
/// Half the side of the square of skin on the cheek that the surroundings are compared with, eye widths.
const CHEEK: f32 = 0.06;
/// How much darker the surroundings are than the cheek, natural logarithm of the ratio, mean of the channels: no glass
/// below the first, glass above the second. A deep or made-up eye socket is as dark as the first at most (seen on 1,517
/// portraits).
const DARKER: [f32; 2] = [0.9, 1.4];
/// How much more of one channel than of another the surroundings lack against the cheek, natural logarithm of the
/// ratio: no glass below the first, glass above the second. Eye sockets without glass reach about the first (the same
/// portraits).
const COLOURED: [f32; 2] = [0.5, 0.8];
/// Added to colours before their logarithm is taken, of 255, so that it stays finite for dark ones.
const FLOOR: f32 = 8.0;

/// What the surroundings of an eye say of glass before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lens {
    /// Median colour of the eye's surroundings, RGB of 255.
    pub around: [f32; 3],
    /// How surely the surroundings are seen through glass, \[0, 1\].
    pub share: f32,
    /// Median colour of the skin on the cheek below the eye, RGB of 255; `None` where it lies outside the photo.
    pub cheek: Option<[f32; 3]>,
}

impl Lens {
    /// Looks for glass before an eye whose opening has this field and is `width` pixels wide. `colours` are the photo's
    /// pixels in the field's patch, `cheek` is a place on the cheek below the eye, pixels.
    pub fn of(photo: &RgbaImage, colours: &[[f32; 3]], field: &Field, width: f32, cheek: [f32; 2]) -> Self {
        let near = |value: &[f32; 4]| (AROUND[0] * width..AROUND[1] * width).contains(&-value[0]);
        let pixels = field.values.iter().zip(colours).filter(|(value, _)| near(value)).map(|(_, colour)| *colour);
        let half = (CHEEK * width).max(1.0);
        let span = |at: f32| ((at - half) as i64).max(0) as u32..=((at + half) as i64).max(0) as u32;
        let (columns, rows) = (span(cheek[0]), span(cheek[1]));
        let square = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
        let skin = square.filter_map(|(x, y)| photo.get_pixel_checked(x, y));
        let skin = skin.map(|pixel| [pixel[0], pixel[1], pixel[2]].map(f32::from));
        let cheek = median(skin);
        let Some(around) = median(pixels) else { return Self { around: [0.0; 3], share: 0.0, cheek } };
        let share = cheek.map_or(0.0, |skin| {
            let lost: [f32; 3] = std::array::from_fn(|c| ((skin[c] + FLOOR) / (around[c] + FLOOR)).ln());
            let (most, least) = (lost.into_iter().fold(f32::MIN, f32::max), lost.into_iter().fold(f32::MAX, f32::min));
            let darker = step(lost.iter().sum::<f32>() / 3.0, DARKER[0], DARKER[1]);
            darker.max(step(most - least, COLOURED[0], COLOURED[1]))
        });
        Self { around, share, cheek }
    }
}

/// The median of each channel.
fn median(colours: impl Iterator<Item = [f32; 3]>) -> Option<[f32; 3]> {
    let colours: Vec<[f32; 3]> = colours.collect();
    let mut values = Vec::with_capacity(colours.len());
    let mut out = [0.0; 3];
    for (c, out) in out.iter_mut().enumerate() {
        values.clear();
        values.extend(colours.iter().map(|colour| colour[c]));
        values.sort_by(f32::total_cmp);
        *out = *values.get(values.len() / 2)?;
    }
    Some(out)
}
