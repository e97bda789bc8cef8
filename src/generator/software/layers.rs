//! A portrait as the plain numbers that it is drawn from.

use image::{GrayImage, RgbaImage};
use ritratto_draw::{Completion, Distances, EyePatches, Layers, Mesh, Pixels, Surroundings};

use crate::generator::vertices::Vertices;
use crate::geometry::VERTICES;
use crate::portrait::outline::Field;
use crate::portrait::{EyeLayer, Portrait};

/// The layers that a portrait's frames are drawn from.
pub(super) fn layers(portrait: &Portrait) -> Layers {
    Layers {
        photo: pixels(&portrait.photo),
        behind: with_alpha(&portrait.plate, &portrait.matte),
        surroundings: portrait
            .surroundings
            .as_ref()
            .map(|patch| Surroundings { origin: patch.origin, pixels: pixels(&patch.picture) }),
        completion: portrait
            .completion
            .as_ref()
            .map(|hidden| Completion { pixels: pixels(&hidden.picture), places: hidden.places().collect() }),
        eyes: portrait.eyes.each_ref().map(eye),
        mouth: distances(&portrait.mouth.field),
        mesh: mesh(portrait),
    }
}

/// The head's mesh with the rim's vertices after its own.
fn mesh(portrait: &Portrait) -> Mesh {
    let Vertices { source, rim, .. } = Vertices::of(portrait);
    Mesh { source, face: VERTICES, triangles: portrait.mesh.triangles.clone(), rim }
}

fn eye(eye: &EyeLayer) -> EyePatches {
    EyePatches {
        white: pixels(&eye.sclera),
        iris: pixels(&eye.iris),
        highlight: pixels(&eye.highlight),
        skin: pixels(&eye.lid),
        opening: distances(&eye.field),
    }
}

fn pixels(picture: &RgbaImage) -> Pixels {
    Pixels { size: picture.dimensions().into(), bytes: picture.as_raw().clone() }
}

/// Colours of one picture with another one, of the same size, as their alpha.
fn with_alpha(picture: &RgbaImage, alpha: &GrayImage) -> Pixels {
    let mut both = pixels(picture);
    both.bytes.iter_mut().skip(3).step_by(4).zip(alpha.as_raw()).for_each(|(byte, alpha)| *byte = *alpha);
    both
}

fn distances(field: &Field) -> Distances {
    Distances { size: field.patch.size, values: bytemuck::cast_slice(&field.values).to_vec() }
}
