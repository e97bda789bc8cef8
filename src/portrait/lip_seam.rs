//! Shuts the landmarks of lips that are shut in the photo, or nearly, although the landmark net sees an opening.

use image::RgbaImage;

use super::mouth::{self, HEIGHTS};
use crate::geometry::topology::{LOWER_INNER_LIP, LOWER_LIP, UPPER_INNER_LIP, UPPER_LIP};
use crate::geometry::{FaceGeometry, LANDMARKS, smoothstep};
use crate::motion::lip_gap;

/// Gaps between the landmarks of the inner lips, centimetres, at which an opening that shows no teeth is taken for shut
/// lips: not at all below the first, wholly from the second to the third, not at all above the fourth, with smoothstep
/// between. Of 700 photos 73 had a gap of .18 to .6 without any tooth. Nearly all of these mouths were shut or just
/// parted, and what would have been shown as the mouth's inside were lips.
const DOUBTFUL: [f64; 4] = [0.1, 0.18, 0.6, 0.85];
/// Least height of an opening in which teeth could be seen, pixels.
const VISIBLE: f32 = 3.5;

/// The face with its inner lips brought together in the line where they meet in the photo, if no teeth are seen
/// between them. Their landmarks then lie inside the lips, and as the mouth opens, its inside would show pieces of
/// lip. In a photo that is too small to show teeth, landmarks are left as they are.
#[must_use]
pub fn shut(photo: &RgbaImage, mut face: FaceGeometry) -> FaceGeometry {
    if face.shape.len() < LANDMARKS || face.landmarks.len() < LANDMARKS {
        return face;
    }
    let gap = lip_gap(&face.shape);
    let doubt = smoothstep(gap, DOUBTFUL[0], DOUBTFUL[1]) * (1.0 - smoothstep(gap, DOUBTFUL[2], DOUBTFUL[3]));
    if doubt <= 0.0 {
        return face;
    }
    let field = mouth::field(photo, &face);
    let [upper, lower] = [UPPER_LIP, LOWER_LIP].map(|i| mouth::place(&face, i));
    if (upper[0] - lower[0]).hypot(upper[1] - lower[1]) < VISIBLE
        || mouth::teeth(mouth::inside(photo, &field)).is_some()
    {
        return face;
    }
    // Lips meet in the darkest line of the opening.
    let brightness = mouth::heights(photo, &field, |colour| colour.iter().sum::<f32>() / 3.0);
    let seen = (0..HEIGHTS).filter(|&k| brightness[k] > 0.0);
    let darkest = seen.min_by(|&a, &b| brightness[a].total_cmp(&brightness[b])).unwrap_or(HEIGHTS / 2);
    let height = (darkest as f64 + 0.5) / HEIGHTS as f64;
    for (&upper, &lower) in UPPER_INNER_LIP.iter().zip(&LOWER_INNER_LIP) {
        let seam = face.shape[lower].lerp(&face.shape[upper], height);
        let [from, to] = [lower, upper].map(|i| face.landmarks[i]);
        let place: [f32; 3] = std::array::from_fn(|k| from[k] + (to[k] - from[k]) * height as f32);
        for i in [upper, lower] {
            face.shape[i] = face.shape[i].lerp(&seam, doubt);
            face.landmarks[i] = std::array::from_fn(|k| {
                let own = face.landmarks[i][k];
                own + (place[k] - own) * doubt as f32
            });
        }
    }
    face
}

#[cfg(test)]
mod tests {
    use super::super::mouth::tests::face_in;
    use super::*;
    use image::Rgba;

    #[test]
    fn lips_meet_where_an_opening_shows_nothing() {
        // The canonical face's lips are a little apart.
        let apart = lip_gap(&face_in(0.0, 900).shape);
        let open = face_in(0.4 - apart, 900);
        let [top, bottom] = [13, 14].map(|i| open.landmarks[i][1]);
        let seam = bottom + 0.3 * (top - bottom);
        let lips = RgbaImage::from_fn(900, 900, |_, y| {
            if (y as f32 + 0.5 - seam).abs() < 1.0 { Rgba([60, 20, 20, 255]) } else { Rgba([150, 60, 60, 255]) }
        });
        let closed = shut(&lips, open.clone());
        assert!(lip_gap(&closed.shape) < 0.01, "{}", lip_gap(&closed.shape));
        assert!((closed.landmarks[13][1] - seam).abs() < 1.0, "{:?} {seam}", closed.landmarks[13]);
        assert_eq!(mouth::prepare(&lips, &closed, None).shown(), 0.0);
        // A mouth that shows teeth, is wide open, is shut already or is too small to tell stays as it is.
        let teeth = RgbaImage::from_pixel(900, 900, Rgba([220, 214, 200, 255]));
        for (photo, open, size) in [(&teeth, 0.4, 900), (&lips, 1.0, 900), (&lips, 0.0, 900), (&lips, 0.4, 300)] {
            let face = face_in(open - apart, size);
            assert_eq!(shut(photo, face.clone()).landmarks, face.landmarks, "{open}");
        }
    }
}
