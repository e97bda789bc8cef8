//! Heads that the photo's border cuts, when they move away from it.

use image::{GrayImage, Luma, Rgba, RgbaImage};
use nalgebra::Vector3;
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::portrait::disocclusion::Disocclusion;

use super::render_support::{face, portrait, psnr, rest, stage};

const WALL: Rgba<u8> = Rgba([30, 200, 30, 255]);
/// Pixels of a dark and a bright stripe of the hair.
const STRIPES: u32 = 4;

/// A face whose hair is striped from row to row and goes on to the upper border: all of it between two columns, and one narrow lock.
fn cut_off([hair, lock]: [std::ops::Range<u32>; 2]) -> Portrait {
    let (photo, straight) = face("a");
    let (width, height) = photo.dimensions();
    let mut out = portrait("a", photo, straight);
    let head = |x: u32| hair.contains(&x) || lock.contains(&x);
    out.photo = RgbaImage::from_fn(width, height, |x, y| {
        let bright = if y % STRIPES < STRIPES / 2 { 200 } else { 40 };
        if head(x) { Rgba([bright, 0, bright, 255]) } else { WALL }
    });
    out.matte = GrayImage::from_fn(width, height, |x, _| Luma([if head(x) { 255 } else { 0 }]));
    out.plate = RgbaImage::from_pixel(width, height, WALL);
    out.surroundings = Disocclusion::find(&out.photo, &out.matte, &out.plate, &out.face, &out.mesh);
    out
}

/// The head, so many centimetres lower.
fn lowered(portrait: &Portrait, way: f64) -> TargetGeometry {
    let mut target = rest(portrait);
    target.pose.translation += Vector3::new(0.0, -way, 0.0);
    target
}

/// What a row shows: the red of the wide hair's middle, whether there is anything of the lock, and columns of the wide hair.
struct Row {
    middle: u8,
    lock: bool,
    hair: usize,
}

fn first_rows(picture: &RgbaImage, [hair, lock]: &[std::ops::Range<u32>; 2]) -> Vec<Row> {
    let shown = |x: u32, y: u32| picture.get_pixel(x, y).0[1] < WALL.0[1] / 2;
    let around = |range: &std::ops::Range<u32>| range.start - 10..range.end + 10;
    let row = |y| Row {
        middle: picture.get_pixel((hair.start + hair.end) / 2, y).0[0],
        lock: around(lock).any(|x| shown(x, y)),
        hair: around(hair).filter(|&x| shown(x, y)).count(),
    };
    (0..4 * STRIPES).map(row).collect()
}

#[test]
fn hair_goes_on_and_closes_beyond_the_border() {
    let cut = [120..200, 220..224];
    let portrait = cut_off(cut.clone());
    let target = lowered(&portrait, 3.0);
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    scene.render(&portrait, &target, RenderOptions::UNMARKED);
    let rows = first_rows(scene.output(), &cut);
    // The lock's tip is where the border was; a little beyond it has closed.
    let border = rows.iter().position(|row| row.lock).unwrap();
    println!("border at row {border}; {:?}", rows.iter().map(|row| (row.middle, row.hair)).collect::<Vec<_>>());
    assert!(border >= STRIPES as usize, "the head has moved by {border} rows only");
    // Beyond it hair is striped as hair is, and as wide as the head can be there, but no wider.
    let beyond = &rows[..border];
    assert!(beyond.iter().any(|row| row.middle < 100) && beyond.iter().any(|row| row.middle > 150));
    assert!(rows[0].hair > 60 && rows[0].hair + border / 2 < rows[border].hair);
    assert!(beyond.is_sorted_by_key(|row| row.hair));

    let Some((gpu, generator)) = stage() else { return };
    let mut on_gpu = generator.load(&portrait).unwrap();
    generator.render(&mut on_gpu, &portrait, &target, RenderOptions::UNMARKED);
    let likeness = psnr(scene.output(), &pollster::block_on(gpu.read(on_gpu.output())).unwrap());
    println!("the GPU draws it alike to {likeness:.1} dB");
    assert!(likeness > 40.0, "{likeness:.1} dB");
}
