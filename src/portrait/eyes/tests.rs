use super::*;
use crate::geometry::topology::EYES;

/// A drawn eye: skin, an almond-shaped opening, a brown iris that the upper lid cuts.
fn drawn() -> (RgbaImage, Vec<[f32; 3]>) {
    let mut landmarks = vec![[0.0; 3]; 478];
    for (k, &i) in EYES[0].lids.iter().enumerate() {
        let along = if k <= 8 { k as f32 / 8.0 } else { (16 - k) as f32 / 8.0 };
        let bow = 14.0 * (along * std::f32::consts::PI).sin() * if k <= 8 { 1.0 } else { -1.0 };
        landmarks[i] = [70.0 + 60.0 * along, 80.0 + bow, 0.0];
    }
    let centre = [100.0, 76.0];
    for (k, offset) in [[0.0, 0.0], [15.0, 0.0], [0.0, -15.0], [-15.0, 0.0], [0.0, 15.0]].iter().enumerate() {
        landmarks[EYES[0].iris[k]] = [centre[0] + offset[0], centre[1] + offset[1], 0.0];
    }
    let outline = Outline::through(&EYES[0].lids.map(|i| [landmarks[i][0], landmarks[i][1]]), 8);
    let photo = RgbaImage::from_fn(200, 160, |x, y| {
        let p = [x as f32 + 0.5, y as f32 + 0.5];
        if !outline.contains(p) {
            Rgba([200, 150, 130, 255])
        } else if (p[0] - centre[0]).hypot(p[1] - centre[1]) < 15.0 {
            Rgba([80, 50, 30, 255])
        } else {
            Rgba([230, 228, 225, 255])
        }
    });
    (photo, landmarks)
}

#[test]
fn lids_hide_neither_white_nor_iris() {
    let (photo, landmarks) = drawn();
    let layer = complete(&photo, &landmarks, &EYES[0]);
    assert!((layer.radius - 15.0).abs() < 0.01 && (layer.width - 60.0).abs() < 0.01);
    let at = |picture: &RgbaImage, x: u32, y: u32| picture.get_pixel(x - layer.origin[0], y - layer.origin[1]).0;
    // Above the upper lid, where the photo shows skin.
    let iris = at(&layer.iris, 100, 63);
    assert!(iris[0] < 100 && iris[3] > 200, "{iris:?}");
    let white = at(&layer.sclera, 100, 76);
    assert!(white[0] > 215 && white[2] > 205, "{white:?}");
    // At the rim the lids' shade is undone where this drawing has none.
    let seen = layer.white.unwrap_or_default();
    assert!(seen > 0.85 && seen <= 1.0, "{seen}");
    assert!(layer.highlight.pixels().all(|p| p.0[..3].iter().all(|&v| v < 30)));
}

#[test]
fn lashes_of_a_green_eye_are_not_green() {
    let (mut photo, landmarks) = drawn();
    for pixel in photo.pixels_mut().filter(|pixel| pixel.0 == [80, 50, 30, 255]) {
        *pixel = Rgba([30, 150, 90, 255]);
    }
    let [red, green, blue] = complete(&photo, &landmarks, &EYES[0]).lash;
    assert!(red < 100.0, "the iris reaches up to the lid: {red}");
    assert!(green <= red && blue <= red, "{red} {green} {blue}");
}

#[test]
fn a_lid_is_made_of_skin() {
    let (photo, landmarks) = drawn();
    let layer = complete(&photo, &landmarks, &EYES[0]);
    let middle = layer.lid.get_pixel(100 - layer.origin[0], 76 - layer.origin[1]).0;
    assert!((195..=205).contains(&middle[0]) && (125..=135).contains(&middle[2]), "{middle:?}");
}

#[test]
fn a_lid_in_the_shadow_of_a_brow_is_neither_grey_nor_black() {
    let (mut photo, mut landmarks) = drawn();
    landmarks[EYES[0].cheek] = [100.0, 150.0, 0.0];
    // All around the eye it is as dark and as grey as no lid is beside this cheek.
    for (_, y, pixel) in photo.enumerate_pixels_mut() {
        if y < 130 && pixel.0 == [200, 150, 130, 255] {
            *pixel = Rgba([68, 66, 66, 255]);
        }
    }
    let layer = complete(&photo, &landmarks, &EYES[0]);
    let [red, green, blue, _] =
        layer.lid.get_pixel(100 - layer.origin[0], 76 - layer.origin[1]).0.map(|v| f32::from(v) / 480.0);
    let (light, warmth) = (red + green + blue, (red - blue) / (red + green + blue));
    assert!((0.43..0.47).contains(&light), "share of the cheek's brightness: {light}");
    assert!(warmth > 0.85 * 70.0 / 480.0, "{warmth}");
}

#[test]
fn a_lid_takes_nothing_of_a_low_brow() {
    // Hair nearly as bright as skin hangs down to the lid; in a photo without colours only its landmarks tell it.
    let hangs = |x: u32, y: u32| (64..136).contains(&x) && (44..62).contains(&y);
    for colours in [true, false] {
        let (mut photo, mut landmarks) = drawn();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let [r, g, b, a] = if hangs(x, y) { [140, 140, 140, 255] } else { pixel.0 };
            *pixel = Rgba(if colours { [r, g, b, a] } else { [g, g, g, a] });
        }
        let skin = photo.get_pixel(20, 150).0;
        if !colours {
            for (k, &i) in EYES[0].brow.iter().enumerate() {
                let (along, y) = if k < 5 { (k, 61.0) } else { (9 - k, 45.0) };
                landmarks[i] = [65.0 + 17.0 * along as f32, y, 0.0];
            }
        }
        let layer = complete(&photo, &landmarks, &EYES[0]);
        let middle = layer.lid.get_pixel(100 - layer.origin[0], 76 - layer.origin[1]).0;
        assert!(middle.iter().zip(skin).all(|(a, b)| a.abs_diff(b) < 6), "{middle:?} for {skin:?}");
    }
}

#[test]
fn a_closed_eye_is_completed_too() {
    let (photo, mut landmarks) = drawn();
    for &i in &EYES[0].lids {
        landmarks[i][1] = 80.0;
    }
    let layer = complete(&photo, &landmarks, &EYES[0]);
    let middle = layer.sclera.get_pixel(layer.sclera.width() / 2, layer.sclera.height() / 2).0;
    assert!(middle[0] > 100, "{middle:?}");
    assert_eq!(layer.white, None);
}

#[test]
fn a_white_behind_dark_or_red_glass_is_not_white() {
    let (bright, _) = drawn();
    for glass in [[0.1, 0.12, 0.1], [0.9, 0.2, 0.25]] {
        let (mut photo, mut landmarks) = drawn();
        for &i in &EYES[0].lids {
            landmarks[i][1] = 80.0;
        }
        landmarks[EYES[0].cheek] = [20.0, 150.0, 0.0];
        // Glass as wide as the patch, and none on the cheek.
        for (x, y, pixel) in photo.enumerate_pixels_mut().filter(|(_, y, _)| (20..140).contains(y)) {
            let [r, g, b, a] = bright.get_pixel(x, y).0;
            let [r, g, b] = std::array::from_fn(|c| (f32::from([r, g, b][c]) * glass[c]) as u8);
            *pixel = Rgba([r, g, b, a]);
        }
        let layer = complete(&photo, &landmarks, &EYES[0]);
        let white = layer.sclera.get_pixel(layer.sclera.width() / 2, layer.sclera.height() / 2).0;
        let around = photo.get_pixel(40, 50).0;
        let [white_sum, around_sum] = [white, around].map(|[r, g, b, _]| u32::from(r) + u32::from(g) + u32::from(b));
        assert!(white_sum < around_sum * 5 / 4 + 6, "{white:?} amid {around:?}");
        assert!(white[0] < 60 || white[0] > white[1] + 40, "{white:?} amid {around:?}");
        assert!(layer.white.is_some_and(|white| white < 0.5), "{:?}", layer.white);
    }
}

#[test]
fn landmarks_outside_the_photo_are_harmless() {
    let photo = RgbaImage::from_pixel(64, 64, Rgba([10, 10, 10, 255]));
    let landmarks = vec![[500.0, -300.0, 0.0]; 478];
    let layer = complete(&photo, &landmarks, &EYES[1]);
    assert_eq!(layer.sclera.dimensions(), layer.iris.dimensions());
}
