//! Seeded random numbers (SplitMix64).

/// A stream of random numbers.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another stream, made from this one's state without drawing from it.
    pub fn aside(&self) -> Self {
        Self(!self.0)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A uniform number in \[0, 1).
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A uniform number in 0..`count`; `count` is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }

    /// Normally distributed, cut off at two deviations.
    pub fn normal(&mut self, deviation: f64) -> f64 {
        let (a, b) = (self.share().max(1e-12), self.share());
        let value = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        deviation * value.clamp(-2.0, 2.0)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for k in (1..items.len()).rev() {
            items.swap(k, self.below(k + 1));
        }
    }
}
