//! The encoder gives MediaPipe's own numbers, on the CPU and on a GPU if there is one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/or_skip.rs"]
mod or_skip;
// The example uses more of it than the test.
#[allow(dead_code)]
#[path = "reference/mod.rs"]
mod reference;

use std::path::Path;

use or_skip::or_skip;
use reference::{compare, photos};
use ritratto::encoder::Encoder;
use ritratto::gpu::Gpu;
use ritratto::models::Models;

fn check(gpu: Option<&Gpu>) {
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let encoder = Encoder::new(&models, gpu).unwrap();
    let photos = photos().unwrap();
    assert!(photos.len() >= 12, "only {} reference photos", photos.len());
    let mut failures = Vec::new();
    for photo in photos {
        let difference = pollster::block_on(compare(&encoder, &photo)).unwrap();
        let over = difference.over_limit();
        if !over.is_empty() {
            failures.push(format!("{over:?} of {difference:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn matches_mediapipe_on_the_cpu() {
    check(None);
}

#[test]
fn matches_mediapipe_on_the_gpu() {
    let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
    println!("on {}", gpu.describe());
    check(Some(&gpu));
}
