//! Filling holes in a small picture from their surroundings.

/// A colour with a weight: 0 is unknown, 1 is known.
pub type Weighted = [f32; 4];

/// Colours at every pixel: where the weight is 1 the given ones, elsewhere smooth averages of
/// the known ones around (pull-push: weighted means on ever coarser grids, Gortler et al.,
/// "The Lumigraph", 1996). Without any known pixel the result is black.
#[must_use]
pub fn fill(pixels: &[Weighted], width: usize, height: usize) -> Vec<[f32; 3]> {
    let known = |p: &Weighted| [p[0], p[1], p[2]];
    if width <= 1 && height <= 1 || pixels.iter().all(|p| p[3] >= 1.0) {
        return pixels.iter().map(|p| if p[3] > 0.0 { known(p) } else { [0.0; 3] }).collect();
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut coarse = vec![[0.0f32; 4]; half_width * half_height];
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        for (x, pixel) in row.iter().enumerate() {
            let sum = &mut coarse[y / 2 * half_width + x / 2];
            for c in 0..3 {
                sum[c] += pixel[c] * pixel[3];
            }
            sum[3] += pixel[3];
        }
    }
    for sum in &mut coarse {
        let total = sum[3].max(1e-6);
        *sum = [sum[0] / total, sum[1] / total, sum[2] / total, sum[3].min(1.0)];
    }
    let coarse = fill(&coarse, half_width, half_height);
    let at = |x: f32, y: f32| -> [f32; 3] {
        let (x, y) = (x.clamp(0.0, half_width as f32 - 1.0), y.clamp(0.0, half_height as f32 - 1.0));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(half_width - 1), (y0 + 1).min(half_height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        [0, 1, 2].map(|c| {
            let row = |y: usize| coarse[y * half_width + x0][c] * (1.0 - fx) + coarse[y * half_width + x1][c] * fx;
            row(y0) * (1.0 - fy) + row(y1) * fy
        })
    };
    pixels
        .iter()
        .enumerate()
        .map(|(i, pixel)| {
            let around = at((i % width) as f32 / 2.0 - 0.25, (i / width) as f32 / 2.0 - 0.25);
            [0, 1, 2].map(|c| pixel[c] * pixel[3] + around[c] * (1.0 - pixel[3]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pixels_stay_and_holes_lie_between() {
        let (width, height) = (17, 9);
        let pixels: Vec<Weighted> = (0..width * height)
            .map(|i| match i % width {
                x @ 0..4 => [10.0 + x as f32, 0.0, 0.0, 1.0],
                x @ 13..17 => [100.0 + x as f32, 0.0, 0.0, 1.0],
                _ => [999.0, 999.0, 999.0, 0.0],
            })
            .collect();
        let filled = fill(&pixels, width, height);
        for (pixel, colour) in pixels.iter().zip(&filled) {
            if pixel[3] == 1.0 {
                assert_eq!(colour[..], pixel[..3]);
            } else {
                assert!(colour[0] > 9.0 && colour[0] < 117.0 && colour[1] == 0.0);
            }
        }
    }

    #[test]
    fn nothing_known_is_black() {
        assert_eq!(fill(&[[5.0, 5.0, 5.0, 0.0]; 6], 3, 2), vec![[0.0; 3]; 6]);
    }
}
