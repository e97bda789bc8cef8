//! How light a person's skin is, for figures by group.

use image::RgbaImage;

/// Landmarks in the middle of both cheeks.
const CHEEKS: [usize; 4] = [50, 205, 280, 425];
/// Half the side of the square that is averaged around each of these landmarks, as a share of the eye distance.
const REACH: f32 = 0.06;
/// X, Y and Z of white in daylight D65.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
/// Slope and value at 0 of the linear part of CIE 1976 L*a*b*.
const LINEAR: [f64; 2] = [7.787, 16.0 / 116.0];

/// The group of a skin by its individual typology angle (Chardon and others 1991; bounds of Del Bino and
/// Bernerd 2013, six groups joined to three): light includes intermediate, dark is what they call brown and dark.
pub fn group(picture: &RgbaImage, landmarks: &[[f32; 3]], eye_distance: f64) -> &'static str {
    let reach = (REACH * eye_distance as f32).max(1.0);
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for place in CHEEKS.iter().filter_map(|&i| landmarks.get(i)) {
        let range = |k: usize, size: u32| {
            let edge = |value: f32| value.clamp(0.0, size as f32 - 1.0) as u32;
            edge(place[k] - reach)..=edge(place[k] + reach)
        };
        for (x, y) in range(1, picture.height()).flat_map(|y| range(0, picture.width()).map(move |x| (x, y))) {
            let pixel = picture.get_pixel(x, y);
            (0..3).for_each(|c| sum[c] += linear(pixel.0[c]));
            count += 1.0;
        }
    }
    match angle(sum.map(|v| v / f64::max(count, 1.0))) {
        angle if angle > 28.0 => "light skin (ITA > 28)",
        angle if angle > -30.0 => "tan or brown skin (-30 to 28)",
        _ => "dark skin (< -30)",
    }
}

/// A value of sRGB (IEC 61966-2-1) as light, 0 to 1.
fn linear(value: u8) -> f64 {
    let v = f64::from(value) / 255.0;
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// The individual typology angle of a linear colour: atan2(L* - 50, b*), degrees.
fn angle([r, g, b]: [f64; 3]) -> f64 {
    let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { LINEAR[0] * t + LINEAR[1] };
    let y = f((0.2126 * r + 0.7152 * g + 0.0722 * b) / WHITE[1]);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / WHITE[2]);
    (116.0 * y - 16.0 - 50.0).atan2(200.0 * (y - z)).to_degrees()
}
