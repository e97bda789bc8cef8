//! Frames against those that `tests/golden` has stored; `RITRATTO_BLESS=1` stores them anew.

use image::RgbaImage;
use ritratto::geometry::topology::EYES;

use crate::render_support::{close_eye, golden, look, part_lips, psnr, render, rest, stage, turn};
use crate::{FACES, load};

/// The largest mean difference of two pictures in a square of 16 pixels, of 255.
fn worst_square(a: &RgbaImage, b: &RgbaImage) -> f64 {
    const SIDE: u32 = 16;
    let mut sums = std::collections::BTreeMap::<_, [f64; 2]>::new();
    for ((x, y, p), q) in a.enumerate_pixels().zip(b.pixels()) {
        let [sum, count] = sums.entry((x / SIDE, y / SIDE)).or_default();
        *sum += (0..3).map(|c| f64::from(p[c].abs_diff(q[c]))).sum::<f64>() / 3.0;
        *count += 1.0;
    }
    sums.values().map(|[sum, count]| sum / count).fold(0.0, f64::max)
}

#[test]
fn frames_are_the_stored_ones() {
    let Some(stage) = stage() else { return };
    let bless = std::env::var_os("RITRATTO_BLESS").is_some();
    let mut failures = Vec::new();
    for name in FACES {
        let portrait = load(name);
        let target = match name {
            "a" => part_lips(look(turn(rest(&portrait), 14.0, 4.0, -5.0), 0.25, 0.1), 1.2),
            "b" => close_eye(close_eye(turn(rest(&portrait), -12.0, -6.0, 6.0), &EYES[0], 0.0), &EYES[1], 0.4),
            _ => look(part_lips(turn(rest(&portrait), 8.0, 8.0, 0.0), 0.7), -0.2, 0.0),
        };
        let frame = render(stage, &portrait, &target, true);
        let path = golden(&format!("{name}_golden.png"));
        if bless {
            frame.save(&path).unwrap();
            continue;
        }
        let wanted = image::open(&path).unwrap().into_rgba8();
        let (likeness, worst) = (psnr(&frame, &wanted), worst_square(&frame, &wanted));
        println!("{name}: {likeness:.1} dB against the golden, {worst:.1} of 255 in the worst square");
        // Adapters round interpolation and coverage differently; a wrong picture, or a wrong tooth, is far beyond this.
        if likeness < 38.0 || worst > 6.0 {
            let actual = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}_actual.png"));
            frame.save(&actual).unwrap();
            failures.push(format!("{name}: {likeness:.1} dB, {worst:.1} in a square, see {}", actual.display()));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}
