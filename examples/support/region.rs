//! Regions of a picture, and how well they are hit.

use ritratto::geometry::Landmarks;

/// Pixels that count: one value a pixel, row by row.
pub type Mask = Vec<bool>;

/// The inside of a polygon of landmarks.
pub fn polygon(size: (u32, u32), landmarks: &Landmarks, indices: &[usize]) -> Mask {
    let points: Vec<[f32; 2]> = indices.iter().map(|&i| [landmarks[i][0], landmarks[i][1]]).collect();
    let mut mask = vec![false; (size.0 * size.1) as usize];
    for y in 0..size.1 {
        for x in 0..size.0 {
            let p = [x as f32 + 0.5, y as f32 + 0.5];
            let mut inside = false;
            let mut previous = points[points.len() - 1];
            for &point in &points {
                if (point[1] > p[1]) != (previous[1] > p[1])
                    && p[0] < (previous[0] - point[0]) * (p[1] - point[1]) / (previous[1] - point[1]) + point[0]
                {
                    inside = !inside;
                }
                previous = point;
            }
            mask[(y * size.0 + x) as usize] = inside;
        }
    }
    mask
}

/// Peak signal to noise ratio of a mean squared error, dB; at most 99.
pub fn psnr(error: f64) -> f64 {
    (-10.0 * error.max(1e-30).log10()).min(99.0)
}
