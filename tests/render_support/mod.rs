//! Portraits, targets and one device for the render tests.

#[path = "../support/or_skip.rs"]
mod or_skip;
mod poses;

use std::path::PathBuf;
use std::sync::OnceLock;

use image::RgbaImage;
use or_skip::or_skip;
use ritratto::generator::{Generator, RenderOptions, SoftwareScene};
use ritratto::geometry::topology::{LOWER_INNER_LIP, UPPER_INNER_LIP};
use ritratto::geometry::{FaceGeometry, smoothstep};
use ritratto::gpu::Gpu;
use ritratto::motion::TargetGeometry;
use ritratto::portrait::completion::{self, Completion};
use ritratto::portrait::disocclusion::Disocclusion;
use ritratto::portrait::eyes::brightest_white;
use ritratto::portrait::mesh::HeadMesh;
use ritratto::portrait::{Portrait, mouth};

pub use poses::{close_eye, look, turn};

/// The device and generator that all tests share; `None`, and a word why, without any adapter.
pub fn stage() -> Option<&'static (Gpu, Generator)> {
    static STAGE: OnceLock<Option<(Gpu, Generator)>> = OnceLock::new();
    let stage = STAGE.get_or_init(|| {
        let gpu = or_skip(pollster::block_on(Gpu::open()))?;
        let generator = Generator::new(&gpu).unwrap();
        Some((gpu, generator))
    });
    stage.as_ref()
}

pub fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// A photo and its landmarks from `tests/golden`.
pub fn face(name: &str) -> (RgbaImage, FaceGeometry) {
    #[derive(serde::Deserialize)]
    struct Stored {
        width: u32,
        height: u32,
        landmarks: Vec<[f32; 3]>,
    }
    let stored: Stored = serde_json::from_slice(&std::fs::read(golden(&format!("{name}.json"))).unwrap()).unwrap();
    let photo = image::open(golden(&format!("{name}.png"))).unwrap().into_rgba8();
    assert_eq!(photo.dimensions(), (stored.width, stored.height));
    (photo, FaceGeometry::fit(&stored.landmarks, stored.width, stored.height))
}

/// A portrait from a photo, its face, and matte and plate of the face `name` in `tests/golden`.
pub fn portrait(name: &str, photo: RgbaImage, face: FaceGeometry) -> Portrait {
    let (width, height) = photo.dimensions();
    let fitted = |picture: image::DynamicImage| match picture.width() == width && picture.height() == height {
        true => picture,
        false => picture.resize_exact(width, height, image::imageops::FilterType::Triangle),
    };
    let part = |file: String| fitted(image::open(golden(&file)).unwrap());
    let matte = part(format!("{name}_matte.png")).into_luma8();
    let plate = part(format!("{name}_plate.jpg")).into_rgba8();
    let mesh = HeadMesh::build(&face);
    let completion = Completion::find(&photo, &matte, &face);
    let eyes = completion::eyes(&photo, &face, completion.as_ref());
    Portrait {
        surroundings: Disocclusion::find(&photo, &matte, &plate, &face, &mesh),
        mesh,
        mouth: mouth::prepare(&photo, &face, brightest_white(&eyes)),
        eyes,
        completion,
        coefficients: [0.0; 52],
        faces: 1,
        matte,
        plate,
        face,
        photo,
    }
}

/// One rendered frame.
pub fn render(
    (gpu, generator): &(Gpu, Generator),
    portrait: &Portrait,
    target: &TargetGeometry,
    mark: bool,
) -> RgbaImage {
    let mut scene = generator.load(portrait).unwrap();
    generator.render(&mut scene, portrait, target, RenderOptions { mark, ..RenderOptions::default() });
    pollster::block_on(gpu.read(scene.output())).unwrap()
}

/// Both generators draw a portrait alike, to 40 dB, in each of some targets at a scale of the output; nothing is asked without any adapter.
pub fn drawn_alike(name: &str, portrait: &Portrait, targets: &[(TargetGeometry, f32)]) {
    let Some((gpu, generator)) = stage() else { return };
    let mut on_gpu = generator.load(portrait).unwrap();
    let mut on_cpu = SoftwareScene::new(portrait).unwrap();
    for (k, (target, scale)) in targets.iter().enumerate() {
        generator.rescale(&mut on_gpu, *scale);
        on_cpu.rescale(*scale);
        generator.render(&mut on_gpu, portrait, target, RenderOptions::UNMARKED);
        on_cpu.render(portrait, target, RenderOptions::UNMARKED);
        let likeness = psnr(on_cpu.output(), &pollster::block_on(gpu.read(on_gpu.output())).unwrap());
        println!("{name}, target {k} at 1/{scale}: {likeness:.1} dB");
        assert!(likeness > 40.0, "{name}, target {k} at 1/{scale}: {likeness:.1} dB");
    }
}

pub fn rest(portrait: &Portrait) -> TargetGeometry {
    TargetGeometry::of(&portrait.rest())
}

/// Parts the lips: the lower lip moves down by `drop` centimetres, the chin with it.
pub fn part_lips(mut target: TargetGeometry, drop: f64) -> TargetGeometry {
    let middle = (target.shape[13] + target.shape[14]) / 2.0;
    for (i, point) in target.shape.iter_mut().enumerate().take(468) {
        let near = 1.0 - smoothstep((point.xy() - middle.xy()).norm(), 2.5, 6.0);
        let below = if LOWER_INNER_LIP.contains(&i) {
            1.0
        } else if UPPER_INNER_LIP.contains(&i) {
            0.0
        } else {
            smoothstep(middle.y - point.y, 0.0, 0.3)
        };
        let inner = 1.0 - 0.9 * smoothstep((point.x - middle.x).abs(), 0.6, 2.6);
        point.y -= drop * near * below * inner;
    }
    target
}

/// Peak signal-to-noise ratio, dB.
pub fn psnr(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares: f64 = a.as_raw().iter().zip(b.as_raw()).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    let mean = squares / (f64::from(a.width() * a.height()) * 3.0);
    if mean > 0.0 { 10.0 * (255.0f64.powi(2) / mean).log10() } else { f64::INFINITY }
}
