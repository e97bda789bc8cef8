//! Statistics of pairs of values over time.

/// Pairs of (driver, output).
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<[f64; 2]>);

impl Series {
    pub fn push(&mut self, driver: f64, output: f64) {
        self.0.push([driver, output]);
    }

    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Variances of both and their covariance.
    fn moments(&self) -> [f64; 3] {
        let n = self.0.len().max(1) as f64;
        let mean = [0, 1].map(|k| self.0.iter().map(|pair| pair[k]).sum::<f64>() / n);
        let sum = |i: usize, j: usize| self.0.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum::<f64>() / n;
        [sum(0, 0), sum(1, 1), sum(0, 1)]
    }

    /// Standard deviation of the driver.
    pub fn driver_deviation(&self) -> f64 {
        self.moments()[0].sqrt()
    }

    /// Pearson's correlation; 0 where one of the two does not move.
    pub fn correlation(&self) -> f64 {
        let [a, b, both] = self.moments();
        if a > 1e-12 && b > 1e-12 { both / (a * b).sqrt() } else { 0.0 }
    }

    /// How far the output moves for one unit of the driver's motion (least squares).
    pub fn slope(&self) -> f64 {
        let [a, _, both] = self.moments();
        if a > 1e-12 { both / a } else { 0.0 }
    }
}
