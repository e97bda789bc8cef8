//! The constant part of a portrait's vertices: those of the mesh, then the rim's.

use crate::portrait::Portrait;
use crate::portrait::completion::Completion;

/// All vertices, in the order in which [`Portrait::place`] places them.
pub(super) struct Vertices {
    /// Where each vertex takes its colour from, pixels of the photo.
    pub source: Vec<[f32; 2]>,
    /// Place of each of the face's vertices in the completion, the picture of what the face hides of itself; pixels of
    /// that picture. Empty without a completion.
    pub completion: Vec<[f32; 2]>,
    /// Triangles of the rim, by the indices of their vertices.
    pub rim: Vec<[u32; 3]>,
}

impl Vertices {
    pub fn of(portrait: &Portrait) -> Self {
        let mut source = portrait.mesh.source.clone();
        let first = source.len() as u32;
        let mut triangles = Vec::new();
        if let Some(patch) = &portrait.surroundings {
            source.extend(&patch.rim.source);
            triangles.extend(patch.rim.triangles.iter().map(|triangle| triangle.map(|corner| first + corner)));
        }
        let completion = portrait.completion.iter().flat_map(Completion::places).collect();
        Self { source, completion, rim: triangles }
    }
}
