//! Affine maps of the plane, as the shaders take them.

/// `x -> M x + t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// M, row by row.
    pub matrix: [f64; 4],
    /// t.
    pub offset: [f64; 2],
}

impl Affine {
    /// The map that takes the origin and the two unit vectors to `origin`, `x` and `y`.
    pub fn from_frame(origin: [f64; 2], x: [f64; 2], y: [f64; 2]) -> Self {
        Self { matrix: [x[0] - origin[0], y[0] - origin[0], x[1] - origin[1], y[1] - origin[1]], offset: origin }
    }

    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d] = self.matrix;
        [a * x + b * y + self.offset[0], c * x + d * y + self.offset[1]]
    }

    /// The inverse. A flat map (a frame seen edge-on) has none; for it the result sends everything to zero.
    pub fn inverse(&self) -> Self {
        let [a, b, c, d] = self.matrix;
        let determinant = a * d - b * c;
        let scale = if determinant.abs() > 1e-9 { 1.0 / determinant } else { 0.0 };
        let matrix = [d * scale, -b * scale, -c * scale, a * scale];
        let [x, y] = self.offset;
        Self { matrix, offset: [-(matrix[0] * x + matrix[1] * y), -(matrix[2] * x + matrix[3] * y)] }
    }

    /// `self` after `first`.
    pub fn after(&self, first: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.matrix, first.matrix);
        Self { matrix: [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h], offset: self.apply(first.offset) }
    }

    pub fn matrix_f32(&self) -> [f32; 4] {
        self.matrix.map(|v| v as f32)
    }

    pub fn offset_f32(&self) -> [f32; 2] {
        self.offset.map(|v| v as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inverse_undoes(
            m in prop::array::uniform4(-5.0..5.0f64), t in prop::array::uniform2(-900.0..900.0f64), p in prop::array::uniform2(-900.0..900.0f64),
        ) {
            prop_assume!((m[0] * m[3] - m[1] * m[2]).abs() > 0.05);
            let map = Affine { matrix: m, offset: t };
            let back = map.inverse().apply(map.apply(p));
            prop_assert!((back[0] - p[0]).abs() < 1e-6 && (back[1] - p[1]).abs() < 1e-6);
            let both = map.after(&map).apply(p);
            let steps = map.apply(map.apply(p));
            prop_assert!((both[0] - steps[0]).abs() < 1e-6 && (both[1] - steps[1]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_flat_map_has_a_finite_inverse() {
        let flat = Affine { matrix: [1.0, 2.0, 2.0, 4.0], offset: [3.0, 4.0] };
        assert!(flat.inverse().apply([10.0, 20.0]).iter().all(|v| v.is_finite()));
    }
}
