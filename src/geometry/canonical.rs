//! The canonical face: MediaPipe's public face model, in centimetres.

use std::sync::LazyLock;

use nalgebra::Vector3;

use super::VERTICES;

/// The canonical face's vertices, triangles, texture coordinates and Procrustes weights.
#[derive(Debug)]
pub struct CanonicalFace {
    /// 468 positions, centimetres, canonical frame.
    pub positions: Vec<Vector3<f64>>,
    /// 468 texture coordinates in \[0, 1\].
    pub uv: Vec<[f64; 2]>,
    /// 898 triangles; the openings of eyes and mouth are filled.
    pub triangles: Vec<[u16; 3]>,
    /// 468 weights of the pose fit; 33 of them are not zero.
    pub weights: Vec<f64>,
}

#[derive(serde::Deserialize)]
struct Stored {
    positions: Vec<[f64; 3]>,
    uv: Vec<[f64; 2]>,
    triangles: Vec<[u16; 3]>,
    weights: Vec<f64>,
}

static FACE: LazyLock<CanonicalFace> = LazyLock::new(|| {
    // The file is part of the program and covered by a test; an empty face can only come from a broken build.
    let stored: Stored = serde_json::from_str(include_str!("../../models/canonical_face.json")).unwrap_or(Stored {
        positions: vec![],
        uv: vec![],
        triangles: vec![],
        weights: vec![],
    });
    CanonicalFace {
        positions: stored.positions.into_iter().map(Vector3::from).collect(),
        uv: stored.uv,
        triangles: stored.triangles,
        weights: stored.weights,
    }
});

impl CanonicalFace {
    /// The canonical face that is built into the program.
    #[must_use]
    pub fn get() -> &'static Self {
        debug_assert_eq!(FACE.positions.len(), VERTICES);
        &FACE
    }

    /// For every vertex the distance to the nearest vertex of `indices`, centimetres.
    #[must_use]
    pub fn distance_to(&self, indices: &[usize]) -> Vec<f64> {
        self.positions
            .iter()
            .map(|p| indices.iter().map(|&i| (p - self.positions[i]).norm()).fold(f64::INFINITY, f64::min))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_face_is_whole() {
        let face = CanonicalFace::get();
        assert_eq!(face.positions.len(), VERTICES);
        assert_eq!(face.uv.len(), VERTICES);
        assert_eq!(face.triangles.len(), 898);
        assert_eq!(face.weights.iter().filter(|&&w| w > 0.0).count(), 33);
        assert!(face.triangles.iter().flatten().all(|&i| usize::from(i) < VERTICES));
    }
}
