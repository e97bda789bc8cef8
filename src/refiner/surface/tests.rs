use super::super::add::{Answers, add};
use super::super::brightness::bright;
use super::super::keep::keep;
use super::super::net::ZONE;
use super::super::patch::PatchFrame;
use super::super::steady::Fresh;
use super::*;
use crate::or_skip::or_skip;
use image::RgbaImage;
use safetensors::SafeTensors;

/// The reference was computed by `train/refiner.py`: a grid that its net gave, and the change that it makes of a patch.
#[test]
fn grids_are_added_as_they_were_trained() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    for (shown, name) in [(0, "mouth"), (1, "eye")] {
        let Stored { picture, plan, grid, change } = Stored::of(shown, name);
        let refined = refined(&gpu, &picture, &plan, shown, &grid);
        assert!(change.iter().any(|v| v.abs() > 0.1), "the reference changes nothing");
        for ((k, after), before) in refined.pixels().enumerate().zip(picture.pixels()) {
            for c in 0..3 {
                let wanted = (f32::from(before.0[c]) + 255.0 * change[3 * k + c]).clamp(0.0, 255.0);
                let found = f32::from(after.0[c]);
                assert!((found - wanted).abs() < 1.0, "{name}, pixel {k}: {found} for {wanted}");
            }
        }
    }
}

/// Changes that are shown only in part (over a photo's teeth, with a tongue half out, in photos of one tone) are the
/// same on CPU and GPU.
#[test]
fn shares_are_added_as_on_the_cpu() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    let sepia = RgbaImage::from_fn(64, 64, |x, y| {
        let bright = 40.0 + 2.0 * x as f32 + y as f32;
        image::Rgba([bright as u8, (0.85 * bright) as u8, (0.65 * bright) as u8, 255])
    });
    let Stored { picture, plan, grid, .. } = Stored::of(0, "mouth");
    let tones = [plan.tone, crate::portrait::tone::tone(&sepia)];
    assert!(tones[1].single > 0.9);
    let mut seen = vec![picture.clone()];
    let of = |inside, paint, detail, tone| Plan { inside, paint, detail, tone, ..plan.clone() };
    for plan in [
        of(1.0, 1.0, 0.5, tones[0]),
        of(0.4, 0.0, 1.0, tones[0]),
        of(0.7, 0.6, 0.5, tones[0]),
        of(0.4, 0.3, 0.0, tones[1]),
    ] {
        let wanted = alike(&gpu, &picture, &plan, 0, &grid);
        assert!(seen.iter().all(|other| furthest(&wanted, other) > 8), "inside {} is like another share", plan.inside);
        seen.push(wanted);
    }
}

/// The white of a photo's eye bounds the brightness of the refined eye, on CPU and GPU.
#[test]
fn an_eye_keeps_its_white() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    let Stored { picture, plan, .. } = Stored::of(1, "eye");
    // A grid that makes all of the opening brighter.
    let part = Part::RightEye;
    let cell: Vec<f32> = (0..values(part)).map(|value| if value == 0 { 4.0 } else { 0.2 }).collect();
    let grid = cell.repeat((part.side() / CELL).pow(2));
    let bright = |picture: &RgbaImage| picture.pixels().map(|p| p.0[..3].iter().map(|v| u32::from(*v)).sum()).max();
    let open = alike(&gpu, &picture, &plan, 1, &grid);
    let bound: u32 = 3 * 150;
    assert!(bright(&open) > Some(bound + 60) && bright(&picture) < bright(&open));
    let mut plan = plan;
    plan.white[1].eye = bound as f32 / (3.0 * 255.0);
    let kept = alike(&gpu, &picture, &plan, 1, &grid);
    let mut brighter = 0;
    for ((before, after), mask) in picture.pixels().zip(kept.pixels()).zip(plan.masks[1].chunks_exact(MASKS)) {
        let [before, after] = [before, after].map(|p| p.0[..3].iter().map(|v| u32::from(*v)).sum::<u32>());
        if mask[0] == 255 {
            assert!(after <= before.max(bound) + 3, "{before} becomes {after}");
            brighter += u32::from(after > before + 30);
        }
    }
    assert!(brighter > 100, "only {brighter} pixels become brighter");
}

/// The brightness of the photo's lit skin bounds that of the refined skin around mouth and eyes, on CPU and GPU.
#[test]
fn skin_is_not_bleached() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    for (k, part) in [Part::Mouth, Part::RightEye].into_iter().enumerate() {
        let side = part.side() as u32;
        // Skin in a light that falls off, and a grid that makes it brighter and yellower.
        let picture = RgbaImage::from_fn(side, side, |x, _| {
            let [r, g, b] = [0.9, 0.7, 0.6].map(|c| (c * (80.0 + (96 * x / side) as f32)) as u8);
            image::Rgba([r, g, b, 255])
        });
        let lighter = |value: usize| if value == ZONE { 4.0 } else { [0.1, 0.3, 0.0][value % 3] };
        let grid = (0..values(part)).map(lighter).collect::<Vec<f32>>().repeat((part.side() / CELL).pow(2));
        let mut plan = Plan::at_the_corner(std::array::from_fn(|of| if of == k { 1.0 } else { 0.0 }));
        let free = alike(&gpu, &picture, &plan, k, &grid);
        plan.white[k].around = 0.45;
        let kept = alike(&gpu, &picture, &plan, k, &grid);
        let rgb = |p: &image::Rgba<u8>| [0, 1, 2].map(|c| f32::from(p.0[c]) / 255.0);
        let mut brighter = [0; 2];
        for ((was, free), kept) in picture.pixels().zip(free.pixels()).zip(kept.pixels()) {
            let [was, free, kept] = [was, free, kept].map(rgb);
            assert!(bright(kept) <= bright(was).max(0.45) + 0.01, "{was:?} becomes {kept:?}");
            let yellow = kept[2] / kept[1] < was[2] / was[1] - 0.02;
            assert!(part != Part::Mouth || !yellow, "{was:?} turns yellow: {kept:?}");
            for (brighter, after) in brighter.iter_mut().zip([free, kept]) {
                *brighter += u32::from(bright(after) > bright(was) + 0.02);
            }
        }
        let many = side * side / 10;
        assert!(brighter[1] > many && brighter[0] > brighter[1] + many, "{part:?}: {brighter:?} become brighter");
    }
}

/// The picture refined on the CPU; asserts that the GPU's result is the same.
fn alike(gpu: &Gpu, picture: &RgbaImage, plan: &Plan, shown: usize, grid: &[f32]) -> RgbaImage {
    let rendered: Vec<f32> =
        picture.pixels().flat_map(|p| [p.0[0], p.0[1], p.0[2], 0].map(|v| f32::from(v) / 255.0)).collect();
    let only = |values: &[f32]| std::array::from_fn(|k| if k == shown { values.to_vec() } else { Vec::new() });
    let mut wanted = picture.clone();
    add(&mut wanted, plan, &Answers { rendered: &only(&rendered), grids: &only(grid) });
    let found = refined(gpu, picture, plan, shown, grid);
    assert!(furthest(&found, &wanted) <= 1, "{} of 255", furthest(&found, &wanted));
    wanted
}

/// The largest difference of two pictures in any channel, 0 to 255.
fn furthest(a: &RgbaImage, b: &RgbaImage) -> u8 {
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// A patch that `train/refiner.py` stored, with its grid and the change that the grid makes of it.
struct Stored {
    picture: RgbaImage,
    plan: Plan,
    grid: Vec<f32>,
    change: Vec<f32>,
}

impl Stored {
    fn of(shown: usize, name: &str) -> Self {
        let file = std::fs::read("tests/refiner/reference.safetensors").unwrap();
        let stored = SafeTensors::deserialize(&file).unwrap();
        let bytes = |key: &str| stored.tensor(&format!("{name}.{key}")).unwrap().data().to_vec();
        let floats = |key: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(&bytes(key)) };
        let side = Part::ALL[shown].side() as u32;
        let pixels: Vec<u8> = bytes("rendered").chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        let mut plan = Plan::at_the_corner(std::array::from_fn(|k| if k == shown { 1.0 } else { 0.0 }));
        plan.masks[shown] = bytes("masks");
        // The values that the reference was computed with.
        (plan.detail, plan.white[shown].around) = (0.5, 0.6);
        let picture = RgbaImage::from_raw(side, side, pixels).unwrap();
        Self { picture, plan, grid: floats("grid"), change: floats("change") }
    }
}

/// The picture refined on the GPU by a patch's grid, as the plan asks for.
fn refined(gpu: &Gpu, picture: &RgbaImage, plan: &Plan, shown: usize, grid: &[f32]) -> RgbaImage {
    let pipelines = Pipelines::new(&gpu.device);
    let texture = texture(gpu, picture);
    let surface = Surface::new(gpu, &pipelines, &texture, Ports::alone(&gpu.device));
    surface.write(gpu, shown, grid);
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    surface.cut(gpu, &pipelines, plan, &mut encoder);
    surface.keep(&pipelines, true, &mut encoder);
    surface.add(&pipelines, &plan.placed, &mut encoder);
    gpu.queue.submit([encoder.finish()]);
    pollster::block_on(gpu.read(&texture)).unwrap()
}

/// Frames whose lips are open in different places, and one on which no net runs: the grids shown are the same as on the
/// CPU.
#[test]
fn grids_are_kept_as_on_the_cpu() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    let pipelines = Pipelines::new(&gpu.device);
    let texture = texture(&gpu, &RgbaImage::new(96, 96));
    let surface = Surface::new(&gpu, &pipelines, &texture, Ports::alone(&gpu.device));
    let mut opened = Vec::new();
    let mut shown = [const { Vec::new() }; PATCHES];
    let looks = Fresh { inside: 0.2, around: 0.7 };
    for (frame, fresh) in [Fresh::ALL, looks, Fresh::NONE, Fresh { inside: 0.05, around: 1.0 }].into_iter().enumerate()
    {
        let masks = Part::ALL.map(|part| {
            let side = part.side();
            // The lips are open in a band of columns, which moves by less than a cell from frame to frame.
            let open = |k: usize| (20 + 3 * frame..60 + 3 * frame).contains(&(k % side));
            (0..side * side).flat_map(|k| [if open(k) { 200 } else { 0 }, 50]).collect()
        });
        let plan = Plan { masks, fresh: [fresh; PATCHES], ..Plan::at_the_corner([1.0; PATCHES]) };
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        surface.cut(&gpu, &pipelines, &plan, &mut encoder);
        let looked_at = fresh != Fresh::NONE;
        for (k, part) in Part::ALL.into_iter().enumerate() {
            let count = (part.side() / CELL).pow(2) * values(part);
            let new: Vec<f32> = (0..count).map(|i| ((i * 7919 + frame * 31 + k) % 1013) as f32 / 1013.0).collect();
            surface.write(&gpu, k, &new);
            if looked_at {
                keep(&mut shown[k], new, part, fresh, &opened);
            }
            if looked_at && part == Part::Mouth {
                opened = plan.masks[0].chunks_exact(MASKS).map(|mask| mask[0] > 0).collect();
            }
        }
        surface.keep(&pipelines, looked_at, &mut encoder);
        for (k, part) in Part::ALL.into_iter().enumerate() {
            let ([net, index], bytes_of_grid) = (place(k), bytes(grid_values(part)));
            encoder.copy_buffer_to_buffer(
                &surface.ports.shown[net],
                index as u64 * bytes_of_grid,
                &surface.back,
                0,
                bytes_of_grid,
            );
            gpu.queue.submit([encoder.finish()]);
            encoder = gpu.device.create_command_encoder(&Default::default());
            let found = pollster::block_on(gpu.read_buffer(&surface.back)).unwrap();
            let cells = part.side() / CELL;
            let wanted = planar(&shown[k], Size::new(cells, cells, values(part)));
            assert!(!wanted.is_empty());
            for (i, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                assert!((found - wanted).abs() < 1e-5, "frame {frame}, {part:?}, {i}: {found} for {wanted}");
            }
        }
    }
}

/// A picture as a texture like a scene's output.
fn texture(gpu: &Gpu, picture: &RgbaImage) -> wgpu::Texture {
    use wgpu::util::DeviceExt;
    let (width, height) = picture.dimensions();
    let descriptor = wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT
            | wgpu::TextureUsages::TEXTURE_BINDING
            | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    };
    gpu.device.create_texture_with_data(&gpu.queue, &descriptor, Default::default(), picture.as_raw())
}

#[test]
fn bounds_hold_the_patches_that_are_shown_and_stay_in_the_picture() {
    let frame = |x: f64| PatchFrame {
        side: 10,
        origin: Vector2::new(x, 20.0),
        across: Vector2::new(2.0, 0.0),
        down: Vector2::new(0.0, 2.0),
    };
    let placed = [(frame(-5.0), 1.0), (frame(30.5), 0.5), (frame(500.0), 0.0)];
    assert_eq!(bounds(&placed, [100, 30]), Some([0, 20, 51, 30]));
    assert_eq!(bounds(&placed[2..], [100, 100]), None);
    assert_eq!(bounds(&[(frame(500.0), 1.0)], [100, 100]), None);
}
