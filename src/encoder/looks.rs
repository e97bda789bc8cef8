//! Several looks at one face, for photos. (A video's frames have one look each.)

use super::{Encoder, Observation, Region, Source};
use crate::error::Result;

/// How each look's region differs from the given one: shift across, shift down and growth, as shares of its size, and
/// turn, radians. Over the four looks each of these has the mean 0. From look to look landmarks scatter by .4 to .7 %
/// of the eye distance, means of four looks by half as much (`tests/encoder.rs`).
const LOOKS: [[f32; 4]; 4] =
    [[0.035, 0.0, 0.05, 0.07], [0.0, 0.035, -0.05, -0.07], [-0.035, 0.0, 0.05, -0.07], [0.0, -0.035, -0.05, 0.07]];

impl Encoder {
    /// Landmarks and coefficients of the face in `region`, as the mean of four looks from regions near it. Landmarks
    /// that the net is unsure of lie elsewhere at each look, and all frames of a photo begin at its landmarks. It
    /// takes four times as long as [`observe`](Self::observe).
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the device fails.
    pub async fn observe_closely(&self, picture: impl Into<Source<'_>>, region: Region) -> Result<Observation> {
        let picture = picture.into();
        let mut mean = self.observe(picture, near(region, LOOKS[0])).await?;
        for (count, look) in LOOKS.iter().enumerate().skip(1) {
            let seen = self.observe(picture, near(region, *look)).await?;
            let share = 1.0 / (count + 1) as f32;
            let mix = |mean: &mut f32, value: f32| *mean += (value - *mean) * share;
            mean.landmarks.iter_mut().flatten().zip(seen.landmarks.iter().flatten()).for_each(|(a, b)| mix(a, *b));
            mean.coefficients.iter_mut().zip(seen.coefficients).for_each(|(a, b)| mix(a, b));
            mean.presence = mean.presence.min(seen.presence);
        }
        Ok(mean)
    }
}

fn near(region: Region, [across, down, growth, turn]: [f32; 4]) -> Region {
    let [width, height] = region.size;
    Region {
        centre: [region.centre[0] + across * width, region.centre[1] + down * height],
        size: region.size.map(|side| side * (1.0 + growth)),
        rotation: region.rotation + turn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_have_the_regions_middle() {
        let region = Region { centre: [100.0, 80.0], size: [60.0, 60.0], rotation: 0.2 };
        let looks = LOOKS.map(|look| near(region, look));
        let mean = |value: fn(&Region) -> f32| looks.iter().map(value).sum::<f32>() / looks.len() as f32;
        let middle = [mean(|r| r.centre[0]), mean(|r| r.centre[1]), mean(|r| r.size[0]), mean(|r| r.rotation)];
        for (found, wanted) in middle.into_iter().zip([100.0, 80.0, 60.0, 0.2]) {
            assert!((found - wanted).abs() < 1e-4, "{found} for {wanted}");
        }
    }
}
