//! Prints how far the encoder is from MediaPipe's own runtime, photo by photo:
//! `cargo run --release --example parity -- cpu gpu`.
//!
//! Differences are in the units of the headings: box in pixels of the detector's
//! 128 x 128 input, landmarks in parts of the eye distance, rotation in degrees,
//! translation as a share of its length.

#[path = "../tests/reference/mod.rs"]
mod reference;

use std::path::Path;

use reference::{Difference, HEADINGS, LIMITS, compare, photos};
use ritratto::encoder::Encoder;
use ritratto::gpu::Gpu;
use ritratto::models::Models;

fn main() -> anyhow::Result<()> {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.is_empty() {
        wanted.push("cpu".into());
    }
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
    let mut passed = true;
    for name in &wanted {
        let gpu = match name.as_str() {
            "cpu" => None,
            "gpu" => {
                let gpu = pollster::block_on(Gpu::open())?;
                println!("gpu is {}", gpu.describe());
                Some(gpu)
            }
            other => anyhow::bail!("{other} is not a device: use cpu or gpu"),
        };
        let encoder = Encoder::new(&models, gpu.as_ref())?;
        print!("{:<20} {:>9}", name, "size");
        HEADINGS.iter().for_each(|heading| print!(" {heading:>9}"));
        println!();
        let mut worst = Difference::default();
        for photo in photos()? {
            let difference = pollster::block_on(compare(&encoder, &photo))?;
            print_row(&difference);
            worst = worst.max(&difference);
        }
        print_row(&worst);
        print_row(&Difference { name: "limit".into(), ..LIMITS });
        passed &= worst.over_limit().is_empty();
    }
    anyhow::ensure!(passed, "the encoder is too far from the reference");
    Ok(())
}

fn print_row(row: &Difference) {
    let size = if row.size.0 > 0 { format!("{}x{}", row.size.0, row.size.1) } else { String::new() };
    print!("{:<20} {size:>9}", row.name);
    row.figures().iter().for_each(|figure| print!(" {figure:>9.5}"));
    println!();
}
