//! Values between the centres of a square's pixels or cells.

/// Indices of the four values around a place between the centres of a square, and their weights.
pub(super) struct Corners {
    index: [usize; 4],
    weight: [f32; 4],
}

impl Corners {
    /// The values around the place `at` in a square of `side` x `side` values; the first value's centre is at 0. Beyond
    /// the outermost centres the outermost values are repeated.
    #[inline(always)]
    pub(super) fn around(at: [f32; 2], side: usize) -> Self {
        let axis = |at: f32| {
            let at = at.clamp(0.0, (side - 1) as f32);
            let low = at as usize;
            (low, (low + 1).min(side - 1), at - low as f32)
        };
        let ((left, right, x), (top, bottom, y)) = (axis(at[0]), axis(at[1]));
        Self {
            index: [top * side + left, top * side + right, bottom * side + left, bottom * side + right],
            weight: [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y],
        }
    }

    /// Weighted mean of the four values, each of which has `N` numbers, number by number.
    #[inline(always)]
    pub(super) fn sum<const N: usize>(&self, values: &[[f32; N]]) -> [f32; N] {
        let mut sums = [0.0; N];
        for (&index, weight) in self.index.iter().zip(self.weight) {
            if let Some(values) = values.get(index) {
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        sums
    }

    /// The four values, as `value` returns them for their indices, each with its weight.
    #[inline(always)]
    pub(super) fn each<'a, T>(&self, value: impl Fn(usize) -> Option<&'a T>) -> Option<[(&'a T, f32); 4]> {
        let one = |corner: usize| Some((value(self.index[corner])?, self.weight[corner]));
        Some([one(0)?, one(1)?, one(2)?, one(3)?])
    }
}
