//! Picture metrics inside a mask.

use image::RgbaImage;
use ritratto::geometry::Landmarks;

use super::region::Mask;

/// The bounding box of landmarks, grown by `margin` of its longer side.
pub fn bounds(size: (u32, u32), landmarks: &Landmarks, indices: &[usize], margin: f32) -> Mask {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for &i in indices {
        for axis in 0..2 {
            low[axis] = low[axis].min(landmarks[i][axis]);
            high[axis] = high[axis].max(landmarks[i][axis]);
        }
    }
    let grow = margin * (high[0] - low[0]).max(high[1] - low[1]);
    (0..size.1)
        .flat_map(|y| (0..size.0).map(move |x| [x as f32 + 0.5, y as f32 + 0.5]))
        .map(|p| (0..2).all(|axis| p[axis] >= low[axis] - grow && p[axis] <= high[axis] + grow))
        .collect()
}

/// Sum of two masks.
pub fn either(a: &Mask, b: &Mask) -> Mask {
    a.iter().zip(b).map(|(a, b)| *a || *b).collect()
}

/// Mean squared error over RGB inside the mask, in units of 255².
pub fn squared_error(a: &RgbaImage, b: &RgbaImage, mask: &Mask) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for ((p, q), &inside) in a.pixels().zip(b.pixels()).zip(mask) {
        if inside {
            for channel in 0..3 {
                let difference = (f64::from(p[channel]) - f64::from(q[channel])) / 255.0;
                sum += difference * difference;
                count += 1.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Structural similarity of the luma over the mask: uniform 7 x 7 windows,
/// K1 = .01, K2 = .03 (Wang et al. 2004, "Image quality assessment").
pub fn ssim(a: &RgbaImage, b: &RgbaImage, mask: &Mask) -> f64 {
    const RADIUS: i64 = 3;
    const C1: f64 = 0.01 * 0.01;
    const C2: f64 = 0.03 * 0.03;
    let (width, height) = (i64::from(a.width()), i64::from(a.height()));
    let luma = |image: &RgbaImage| -> Vec<f64> {
        image
            .pixels()
            .map(|p| (0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2])) / 255.0)
            .collect()
    };
    let (la, lb) = (luma(a), luma(b));
    let mut sum = 0.0;
    let mut count = 0.0;
    for y in RADIUS..height - RADIUS {
        for x in RADIUS..width - RADIUS {
            if !mask[(y * width + x) as usize] {
                continue;
            }
            let [mut sa, mut sb, mut saa, mut sbb, mut sab] = [0.0; 5];
            for v in y - RADIUS..=y + RADIUS {
                for u in x - RADIUS..=x + RADIUS {
                    let (p, q) = (la[(v * width + u) as usize], lb[(v * width + u) as usize]);
                    sa += p;
                    sb += q;
                    saa += p * p;
                    sbb += q * q;
                    sab += p * q;
                }
            }
            let n = f64::from((2 * RADIUS as i32 + 1).pow(2));
            let (ma, mb) = (sa / n, sb / n);
            let (va, vb, vab) = (saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb);
            sum += (2.0 * ma * mb + C1) * (2.0 * vab + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
            count += 1.0;
        }
    }
    if count > 0.0 { sum / count } else { 1.0 }
}
