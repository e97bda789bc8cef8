//! The person matte net: MediaPipe's selfie segmentation. It runs once for each photo.

pub mod net;

use burn::tensor::{Device, Tensor, TensorData};
use image::imageops::{FilterType, crop_imm, flip_horizontal, resize};
use image::{GrayImage, ImageBuffer, Luma, RgbaImage};

use crate::encoder::read as read_tensor;
use crate::error::{Error, Result};
use crate::models::{Models, load_net};
use net::{SIDE, SelfieNet};

/// File name of the weights.
pub const MODEL: &str = "selfie_segmentation.safetensors";

/// The left or right border cuts the person if it shows the person in more rows than this share of the picture's
/// height; only rows of the upper half count.
const CUT: f32 = 0.1;
/// Margin of mirror images around the picture in the third look, pixels of the net's square.
const MARGIN: usize = SIDE / 4;

/// The person matte net on a device.
#[derive(Debug)]
pub struct Segmenter {
    net: SelfieNet,
    device: Device,
}

impl Segmenter {
    /// Loads the net's weights to `device`. Weights are stored in half precision and widened here.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub fn new(models: &Models, device: &Device) -> Result<Self> {
        Ok(Self { net: load_net(SelfieNet::new(device), models, MODEL)?, device: device.clone() })
    }

    /// Probability of a person for each of the 256 x 256 pixels of the picture
    /// stretched to a square, row by row.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn probabilities(&self, picture: &RgbaImage) -> Result<Vec<f32>> {
        self.look(&stretched(picture)).await
    }

    async fn look(&self, square: &RgbaImage) -> Result<Vec<f32>> {
        let planes: Vec<f32> =
            (0..3).flat_map(|channel| square.pixels().map(move |p| f32::from(p.0[channel]) / 255.0)).collect();
        let input = Tensor::<4>::from_data(TensorData::new(planes, [1, 3, SIDE, SIDE]), &self.device);
        read_tensor(self.net.forward(input)).await
    }

    /// The mask, 256 x 256, 255 = person, of the picture stretched to a square.
    ///
    /// It is the mean of the net's masks for the picture and for its mirror image. Where the two agree they are
    /// nearly always right. Loose hair or a hat that is background in one of them is often seen in the other; there
    /// the mask is undecided, and the colours nearby can decide ([`super::matte`]).
    ///
    /// Hair that the picture cuts at its sides is often taken for background, as the net has learnt from whole heads.
    /// Then the net looks a third time, at the picture with its mirror images around it, and the mask is the mean of
    /// the three.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn mask(&self, picture: &RgbaImage) -> Result<GrayImage> {
        let square = stretched(picture);
        let plain = self.look(&square).await?;
        let mirrored = self.look(&flip_horizontal(&square)).await?;
        let mirrored = mirrored.chunks_exact(SIDE).flat_map(|row| row.iter().rev());
        let mean: Vec<f32> = plain.iter().zip(mirrored).map(|(a, b)| f32::midpoint(*a, *b)).collect();
        if !cut_at_a_side(&mean) {
            return image_of(mean);
        }
        let whole = within(self.look(&surrounded(&square)).await?)?;
        image_of(mean.iter().zip(&whole).map(|(two, third)| (2.0 * two + third) / 3.0).collect())
    }
}

/// The picture stretched to the net's square.
fn stretched(picture: &RgbaImage) -> RgbaImage {
    let side = SIDE as u32;
    if picture.dimensions() == (side, side) {
        return picture.clone();
    }
    resize(picture, side, side, FilterType::Triangle)
}

/// Whether the person goes on beyond the left or right border in the upper half of the picture.
fn cut_at_a_side(mask: &[f32]) -> bool {
    let upper = mask.chunks_exact(SIDE).take(SIDE / 2);
    let at =
        |column: fn(&[f32]) -> Option<&f32>| upper.clone().filter(|row| column(row).is_some_and(|&m| m > 0.5)).count();
    at(|row| row.first()).max(at(|row| row.last())) as f32 > CUT * SIDE as f32
}

/// The square with a margin of its mirror images on each side, at the size of the square.
fn surrounded(square: &RgbaImage) -> RgbaImage {
    let (side, margin) = (SIDE as i64, MARGIN as i64);
    // The column or row of the square that shows in column or row `k` of the wide picture.
    let mirrored = |k: u32| {
        let k = i64::from(k) - margin;
        if k < 0 {
            -1 - k
        } else if k < side {
            k
        } else {
            2 * side - 1 - k
        }
    };
    let wide = (side + 2 * margin) as u32;
    let wide = RgbaImage::from_fn(wide, wide, |x, y| *square.get_pixel(mirrored(x) as u32, mirrored(y) as u32));
    resize(&wide, SIDE as u32, SIDE as u32, FilterType::Triangle)
}

/// The part that shows the square itself, cut out of the mask of a [`surrounded`] square.
fn within(mask: Vec<f32>) -> Result<Vec<f32>> {
    let (side, margin) = (SIDE as u32, MARGIN as u32);
    let mask: ImageBuffer<Luma<f32>, _> = ImageBuffer::from_raw(side, side, mask).ok_or_else(wrong_size)?;
    let wide = side + 2 * margin;
    Ok(crop_imm(&resize(&mask, wide, wide, FilterType::Triangle), margin, margin, side, side).to_image().into_raw())
}

fn image_of(mask: Vec<f32>) -> Result<GrayImage> {
    let values = mask.into_iter().map(|p| (p * 255.0).round() as u8).collect();
    GrayImage::from_raw(SIDE as u32, SIDE as u32, values).ok_or_else(wrong_size)
}

fn wrong_size() -> Error {
    Error::Gpu { reason: "the matte net gave a mask of another size".into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use image::Rgba;

    /// A mask of the surrounded square, cut out again, lies where the square's own pixels lie.
    #[test]
    fn the_third_look_lies_on_the_first() {
        let ramp = RgbaImage::from_fn(SIDE as u32, SIDE as u32, |x, y| Rgba([x as u8, y as u8, 0, 255]));
        let seen = surrounded(&ramp);
        for (channel, step) in [(0, 1), (1, SIDE)] {
            let mask = seen.pixels().map(|p| f32::from(p.0[channel]) / 255.0).collect();
            let back = within(mask).unwrap();
            for k in 0..SIDE {
                let away = (255.0 * back[k * step + 100 * (SIDE / step)] - k as f32).abs();
                // Mirrored at the border, the ramp turns; there the two scalings round it off.
                let allowed = if (2..SIDE - 2).contains(&k) { 0.6 } else { 1.5 };
                assert!(away < allowed, "channel {channel}, {k}: {away}");
            }
        }
    }

    #[test]
    fn only_a_person_beyond_a_side_is_cut() {
        let mask = |inside: fn(usize, usize) -> bool| -> Vec<f32> {
            (0..SIDE * SIDE).map(|k| f32::from(u8::from(inside(k % SIDE, k / SIDE)))).collect()
        };
        assert!(cut_at_a_side(&mask(|x, y| x > 200 && y < 100)));
        assert!(cut_at_a_side(&mask(|x, y| x < 20 && y < 100)));
        // Shoulders, and hair at the top.
        assert!(!cut_at_a_side(&mask(|_, y| y > 140)));
        assert!(!cut_at_a_side(&mask(|x, _| (30..220).contains(&x))));
    }
}
