use super::super::hue::bounded;
use super::super::net::{BRIGHTNESSES, GRID, PAINT, SHARED, ZONE, values};
use super::super::patch::PatchFrame;
use super::*;
use safetensors::SafeTensors;

/// The cut patch of a picture that the patch covers pixel on pixel.
fn cut(picture: &RgbaImage) -> Vec<f32> {
    picture.pixels().flat_map(|pixel| pixel.0.map(|v| f32::from(v) / 255.0)).collect()
}

/// The reference was computed by `train/refiner.py`: a grid that its net gave, and the change that it makes of a patch.
#[test]
fn grids_are_added_as_they_were_trained() {
    let file = std::fs::read("tests/refiner/reference.safetensors").unwrap();
    let stored = SafeTensors::deserialize(&file).unwrap();
    for (shown, name) in [(0, "mouth"), (1, "eye")] {
        let bytes = |key: &str| stored.tensor(&format!("{name}.{key}")).unwrap().data().to_vec();
        let floats = |key: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(&bytes(key)) };
        let side = Part::ALL[shown].side() as u32;
        let pixels: Vec<u8> = bytes("rendered").chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        let before = RgbaImage::from_raw(side, side, pixels).unwrap();
        let mut plan = Plan::at_the_corner(std::array::from_fn(|k| if k == shown { 1.0 } else { 0.0 }));
        let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        (rendered[shown], grids[shown]) = (cut(&before), floats("grid"));
        plan.masks[shown] = bytes("masks");
        // The values that the reference was computed with.
        (plan.detail, plan.white[shown].around) = (0.5, 0.6);
        let mut after = before.clone();
        add(&mut after, &plan, &Answers { rendered: &rendered, grids: &grids });
        let change = floats("change");
        for ((k, after), before) in after.pixels().enumerate().zip(before.pixels()) {
            for c in 0..3 {
                let wanted = (f32::from(before.0[c]) + 255.0 * change[3 * k + c]).clamp(0.0, 255.0);
                let found = f32::from(after.0[c]);
                assert!((found - wanted).abs() < 1.0, "{name}, pixel {k}: {found} for {wanted}");
            }
        }
    }
}

#[test]
fn what_is_painted_is_shown_by_its_share_and_only_in_the_opening() {
    let side = Part::Mouth.side();
    let picture = RgbaImage::from_pixel(side as u32, side as u32, image::Rgba([200, 100, 50, 255]));
    let mut plan = Plan::at_the_corner([1.0, 0.0, 0.0]);
    // The opening is the patch's upper half. All of it is painted, with brightness .5 and redder than mouths are; the
    // grid's masks are 0.
    let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
    rendered[0] = cut(&picture);
    plan.masks[0] = (0..side * side).flat_map(|k| [if k < side * side / 2 { 255 } else { 0 }, 0]).collect();
    let mut cell = vec![0.0; values(Part::Mouth)];
    (cell[0], cell[ZONE]) = (-2.0, -2.0);
    cell[GRID..].chunks_exact_mut(PAINT).for_each(|paint| paint.copy_from_slice(&[1.5, 0.0, 0.0, 2.0]));
    grids[0] = cell.repeat((side / CELL).pow(2));
    let before = [200, 100, 50];
    let paint = lit(bounded([1.5, 0.0, 0.0]), 1.0, before.map(|v| v as f32 / 255.0), 1.0, 1.0).map(|v| 255.0 * v);
    for share in [0.0f32, 0.5, 1.0] {
        let wanted = [0, 1, 2].map(|c| (share * paint[c] + (1.0 - share) * before[c] as f32) as u8);
        let mut after = picture.clone();
        plan.paint = share;
        add(&mut after, &plan, &Answers { rendered: &rendered, grids: &grids });
        let [middle, below] = [side / 3, 2 * side / 3].map(|y| after.get_pixel(side as u32 / 2, y as u32).0);
        assert!(middle.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{share}: {middle:?} for {wanted:?}");
        assert_eq!(below, [200, 100, 50, 255]);
    }
}

#[test]
fn detail_between_lips_stays_by_its_share() {
    // Too dark to be teeth, whose coarser detail stays too.
    let (part, stripes) = (Part::Mouth, [30, 90]);
    let side = part.side();
    let picture = RgbaImage::from_fn(side as u32, side as u32, |x, _| {
        let value = stripes[(x % 2) as usize];
        image::Rgba([value, value, value, 255])
    });
    let mut plan = Plan::at_the_corner([1.0, 0.0, 0.0]);
    let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
    rendered[0] = cut(&picture);
    plan.masks[0] = [255, 0].repeat(side * side);
    // The grid removes all detail and changes nothing else.
    let mut cell = vec![0.0; values(part)];
    (cell[0], cell[1], cell[ZONE]) = (2.0, -1.0, -2.0);
    // In these stripes a pixel's fine detail is half its difference from the pixel beside it. Everything is covered by
    // paint of brightness `painted`, or nothing is painted.
    let mut contrast = |kept: f32, painted: Option<f32>| {
        let [bright, share] = painted.map_or([0.0, -2.0], |bright| [bright, 2.0]);
        cell[GRID..].chunks_exact_mut(PAINT).for_each(|paint| paint.copy_from_slice(&[bright, bright, bright, share]));
        grids[0] = cell.repeat((side / CELL).pow(2));
        let mut after = picture.clone();
        plan.detail = kept;
        add(&mut after, &plan, &Answers { rendered: &rendered, grids: &grids });
        let [dark, bright] = [0, 1].map(|x| i32::from(after.get_pixel(side as u32 / 2 + x, side as u32 / 2).0[0]));
        bright - dark
    };
    assert_eq!(contrast(1.0, None), 60);
    assert!((contrast(0.5, None) - 30).abs() <= 2);
    assert!(contrast(0.0, None).abs() <= 2);
    // Where something dark covers a tooth, the gap beside it goes, too.
    let smooth = 60.0 / 255.0;
    for (bright, wanted) in [(1.5 * smooth, 60), (0.5 * smooth, 30), (0.1 * smooth, 6)] {
        let found = contrast(1.0, Some(bright));
        assert!((found - wanted).abs() <= 2, "{found} for {wanted}");
    }
}

#[test]
fn painted_teeth_are_told_apart_as_geometry_tells_them() {
    // Teeth five pixels wide with dark gaps between, under paint that knows no gaps, and the same teeth as flesh.
    let part = Part::Mouth;
    let side = part.side();
    let contrast = |tooth: [u8; 3]| {
        let picture = RgbaImage::from_fn(side as u32, side as u32, |x, _| {
            let [r, g, b] = if x % 8 < 3 { tooth.map(|v| v / 2) } else { tooth };
            image::Rgba([r, g, b, 255])
        });
        let mut plan = Plan::at_the_corner([1.0, 0.0, 0.0]);
        plan.detail = 1.0;
        plan.masks[0] = [255, 0].repeat(side * side);
        let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        rendered[0] = cut(&picture);
        let mut cell = vec![0.0; values(part)];
        (cell[0], cell[ZONE]) = (-2.0, -2.0);
        cell[GRID..].chunks_exact_mut(PAINT).for_each(|paint| paint.copy_from_slice(&[0.75, 0.72, 0.68, 2.0]));
        grids[0] = cell.repeat((side / CELL).pow(2));
        let mut after = picture.clone();
        add(&mut after, &plan, &Answers { rendered: &rendered, grids: &grids });
        // In the middle of a gap and of a tooth there is no fine detail.
        let [gap, tooth] = [49, 53].map(|x| i32::from(after.get_pixel(x, side as u32 / 2).0[0]));
        tooth - gap
    };
    let (teeth, flesh) = (contrast([200, 192, 182]), contrast([150, 60, 60]));
    assert!(teeth > 25 && flesh < 5, "{teeth} {flesh}");
}

#[test]
fn what_is_finer_than_the_patch_keeps_its_contrast() {
    // Stripes one pixel wide, two to a pixel of the patch, and a grid that adds more where the patch is brighter.
    let (part, bright) = (Part::RightEye, [0.2, 0.6]);
    let side = part.side();
    let picture = RgbaImage::from_fn(2 * side as u32, 2 * side as u32, |x, _| {
        let value = (255.0 * bright[(x % 2) as usize]) as u8;
        image::Rgba([value, value, value, 255])
    });
    let frame = |step: f64| PatchFrame {
        side,
        origin: Vector2::zeros(),
        across: Vector2::x() * step,
        down: Vector2::y() * step,
    };
    let mut plan = Plan::at_the_corner([0.0, 1.0, 0.0]);
    plan.placed[1].0 = frame(2.0);
    let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
    rendered[1] =
        frame(2.0).colours(&picture).iter().flat_map(|[r, g, b, _]| [*r, *g, *b, 0.0].map(|v| v / 255.0)).collect();
    let mut cell = vec![0.0; values(part)];
    (cell[0], cell[ZONE]) = (2.0, 2.0);
    for level in 0..BRIGHTNESSES {
        cell[ZONE + SHARED + 2 * RGB * level + RGB..][..RGB].fill(0.1 * level as f32);
    }
    grids[1] = cell.repeat((side / CELL).pow(2));
    let mut after = picture.clone();
    add(&mut after, &plan, &Answers { rendered: &rendered, grids: &grids });
    let middle = side as u32;
    for x in middle..middle + 2 {
        let [before, after] = [&picture, &after].map(|picture| i32::from(picture.get_pixel(x, middle).0[0]));
        // The patch's brightness is .4, that is level 1.2 of 0 to 3.
        assert!((after - before - 31).abs() <= 1, "{before} becomes {after}");
    }
}
