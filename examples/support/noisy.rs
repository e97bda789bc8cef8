//! A still picture as a noisy sensor sees it, for the examples.

use image::RgbaImage;

/// Standard deviation of the noise, of 255.
const NOISE: f64 = 2.5;

/// A photo seen again and again, with fresh noise each time.
pub struct Noisy {
    photo: RgbaImage,
    seed: u64,
}

impl Noisy {
    pub fn new(photo: RgbaImage) -> Self {
        Self { photo, seed: 1 }
    }

    /// A uniform number in \[0, 1) (SplitMix64).
    fn uniform(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.seed;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Iterator for Noisy {
    type Item = RgbaImage;

    fn next(&mut self) -> Option<RgbaImage> {
        let mut frame = self.photo.clone();
        for pixel in frame.pixels_mut() {
            for channel in 0..3 {
                // Three uniform numbers, centred: close to a normal one, of variance 1 / 4.
                let sum = self.uniform() + self.uniform() + self.uniform() - 1.5;
                pixel.0[channel] = (f64::from(pixel.0[channel]) + 2.0 * NOISE * sum).round().clamp(0.0, 255.0) as u8;
            }
        }
        Some(frame)
    }
}
