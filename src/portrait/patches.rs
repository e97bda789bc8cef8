//! Fills a hole with pieces of its surroundings, so that texture and grain are real ones.
//!
//! Wexler, Shechtman, Irani: "Space-Time Completion of Video" (IEEE TPAMI 2007), on one picture, with the
//! search of Barnes, Shechtman, Finkelstein, Goldman: "PatchMatch" (SIGGRAPH 2009): from coarse to
//! fine, every patch that touches the hole looks for the most similar patch in the known part, and
//! each pixel of the hole takes the average of the patches that were found for it.

use super::inpaint::{SIDEWAYS, membrane};
use super::plane::Plane;

/// Patches are squares of `2 RADIUS + 1` pixels.
const RADIUS: isize = 3;
/// Rounds of search and vote at each level.
const ROUNDS: usize = 4;
/// Levels stop where the shorter side would get below this.
const SMALLEST: usize = 20;
/// Cost of a step as long as the picture's longer side, as a mean squared colour difference (colours 0..1); it grows
/// with the square of the step. What is near is more likely to be what lies behind the head.
const DISTANCE_WEIGHT: f32 = 0.03;
/// Least number of known patches for each patch that touches the hole: fewer of them would repeat visibly.
const NEEDED_SOURCES: f32 = 0.3;

/// Where each pixel of the hole takes its colour from: the steps from it to a known place, pixels.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Width of the grid.
    pub width: usize,
    /// Height of the grid.
    pub height: usize,
    /// Step of each pixel, x and y; zero away from the hole.
    pub steps: Vec<[i32; 2]>,
}

/// One level of the search.
struct Level {
    width: usize,
    height: usize,
    colour: Vec<[f32; 3]>,
    /// How sure the colour is, \[0, 1\]: 1 where it is known, and the less the deeper in the hole.
    trust: Vec<f32>,
    known: Vec<bool>,
    /// Whether each pixel is the middle of a patch that is wholly known.
    source: Vec<bool>,
    /// Middles of patches that touch the hole, in reading order.
    targets: Vec<usize>,
    best: Vec<[i32; 2]>,
    cost: Vec<f32>,
}

/// Finds the steps for the hole where `known` is 0. None if too little is known to choose from.
#[must_use]
pub fn search(colours: &[Plane; 3], known: &Plane) -> Option<Steps> {
    let coarser = (known.width.min(known.height) / 2 >= SMALLEST).then(|| {
        let (colours, known) = halved(colours, known);
        search(&colours, &known)
    });
    let mut level = Level::new(colours, known);
    let sources = level.source.iter().filter(|&&s| s).count();
    if sources == 0 || (sources as f32) < NEEDED_SOURCES * level.targets.len() as f32 {
        return None;
    }
    if let Some(Some(steps)) = coarser {
        level.refine(&steps);
        level.measure();
        level.vote();
    }
    for round in 0..ROUNDS {
        level.measure();
        level.sweep(false, round as u32);
        level.sweep(true, round as u32);
        level.vote();
    }
    Some(Steps { width: level.width, height: level.height, steps: level.best })
}

/// Both at half the size. Unknown pixels do not count in the means of colours; a pixel is known if at least two of its
/// four are.
fn halved(colours: &[Plane; 3], known: &Plane) -> ([Plane; 3], Plane) {
    let (width, height) = (known.width / 2, known.height / 2);
    let four = |plane: &Plane, x: usize, y: usize| {
        plane.at(2 * x, 2 * y)
            + plane.at(2 * x + 1, 2 * y)
            + plane.at(2 * x, 2 * y + 1)
            + plane.at(2 * x + 1, 2 * y + 1)
    };
    let weight = Plane::from_fn(width, height, |x, y| four(known, x, y));
    let colours = colours.each_ref().map(|plane| {
        let weighted = plane.zip(known, |v, k| v * k);
        Plane::from_fn(width, height, |x, y| four(&weighted, x, y)).zip(&weight, |v, w| v / w.max(1.0))
    });
    (colours, weight.map(|w| if w >= 2.0 { 1.0 } else { 0.0 }))
}

impl Level {
    fn new(colours: &[Plane; 3], known: &Plane) -> Self {
        let (width, height) = (known.width, known.height);
        let start = colours.each_ref().map(|plane| membrane(plane, known, SIDEWAYS));
        let unknown = known.map(|k| 1.0 - k);
        let near_hole = unknown.dilated(RADIUS as usize);
        let r = RADIUS as usize;
        let mut trust = known.clone();
        let mut ring = known.clone();
        for depth in 1..10 {
            ring = ring.dilated(1);
            let value = 1.3f32.powi(-depth);
            trust = trust.zip(&ring, |t, inside| if t == 0.0 && inside > 0.5 { value } else { t });
        }
        let source = (0..width * height)
            .map(|k| {
                let (x, y) = (k % width, k / width);
                near_hole.data[k] < 0.5 && x >= r && y >= r && x + r < width && y + r < height
            })
            .collect();
        Self {
            width,
            height,
            colour: (0..width * height).map(|k| start.each_ref().map(|plane| plane.data[k])).collect(),
            trust: trust.data.into_iter().map(|t| t.max(0.05)).collect(),
            known: known.data.iter().map(|&k| k > 0.5).collect(),
            source,
            targets: (0..width * height).filter(|&k| near_hole.data[k] > 0.5).collect(),
            best: vec![[0, 0]; width * height],
            cost: vec![f32::INFINITY; width * height],
        }
    }

    /// Begins with the steps that the coarser level found.
    fn refine(&mut self, coarse: &Steps) {
        for &k in &self.targets {
            let (x, y) = ((k % self.width / 2).min(coarse.width - 1), (k / self.width / 2).min(coarse.height - 1));
            self.best[k] = coarse.steps[y * coarse.width + x].map(|step| 2 * step);
        }
    }

    /// The place that `step` leads to, if a patch may be taken from there.
    fn place(&self, k: usize, step: [i32; 2]) -> Option<usize> {
        let x = usize::try_from((k % self.width) as i64 + i64::from(step[0])).ok()?;
        let y = usize::try_from((k / self.width) as i64 + i64::from(step[1])).ok()?;
        (x < self.width && y < self.height && self.source[y * self.width + x]).then_some(y * self.width + x)
    }

    /// Difference of the patches at `k` and a step away; gives up once it is above `limit`.
    fn difference(&self, k: usize, step: [i32; 2], limit: f32) -> f32 {
        let Some(from) = self.place(k, step) else { return f32::INFINITY };
        let (x, y) = ((k % self.width) as isize, (k / self.width) as isize);
        let rows = (-RADIUS).max(-y)..=RADIUS.min(self.height as isize - 1 - y);
        let columns = (-RADIUS).max(-x)..=RADIUS.min(self.width as isize - 1 - x);
        let area = (rows.clone().count() * columns.clone().count()) as f32;
        let length = (step[0] as f32).hypot(step[1] as f32) / self.width.max(self.height) as f32;
        let mut sum = DISTANCE_WEIGHT * length * length * area;
        for dy in rows {
            let shift = dy * self.width as isize;
            for dx in columns.clone() {
                let a = (k as isize + shift + dx) as usize;
                let (p, q) = (self.colour[a], self.colour[(from as isize + shift + dx) as usize]);
                let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
                sum += self.trust[a] * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            }
            if sum > limit * area {
                return f32::INFINITY;
            }
        }
        sum / area
    }

    /// Computes the costs of the present steps anew, as the hole's colours have changed.
    fn measure(&mut self) {
        for i in 0..self.targets.len() {
            let k = self.targets[i];
            self.cost[k] = self.difference(k, self.best[k], f32::INFINITY);
        }
    }

    fn offer(&mut self, k: usize, step: [i32; 2]) {
        if step == self.best[k] {
            return;
        }
        let cost = self.difference(k, step, self.cost[k]);
        if cost < self.cost[k] {
            self.cost[k] = cost;
            self.best[k] = step;
        }
    }

    /// One pass of PatchMatch: each patch tries the steps of its neighbours, then random ones around its best step, in
    /// a reach that halves each time.
    fn sweep(&mut self, backward: bool, round: u32) {
        let count = self.targets.len();
        for i in 0..count {
            let k = self.targets[if backward { count - 1 - i } else { i }];
            let (x, y) = (k % self.width, k / self.width);
            let neighbours = if backward {
                [(x + 1 < self.width).then(|| k + 1), (y + 1 < self.height).then(|| k + self.width)]
            } else {
                [x.checked_sub(1).map(|_| k - 1), k.checked_sub(self.width)]
            };
            for n in neighbours.into_iter().flatten() {
                if self.cost[n] < f32::INFINITY {
                    self.offer(k, self.best[n]);
                }
            }
            // A patch that has found nothing yet tries random places anywhere in the picture.
            let mut state = (k as u32).wrapping_mul(0x9E37_79B1) ^ (round * 2 + u32::from(backward) + 1);
            for _ in 0..if self.cost[k] == f32::INFINITY { 30 } else { 0 } {
                let there = [random(&mut state, self.width as i32), random(&mut state, self.height as i32)];
                self.offer(k, [there[0] - x as i32, there[1] - y as i32]);
            }
            let mut reach = self.width.max(self.height) as i32 / 2;
            while reach > 0 {
                let around = self.best[k];
                let shift = [random(&mut state, 2 * reach + 1) - reach, random(&mut state, 2 * reach + 1) - reach];
                self.offer(k, [around[0] + shift[0], around[1] + shift[1]]);
                reach /= 2;
            }
        }
    }

    /// Gives each pixel of the hole the weighted mean of all patches that cover it; similar patches weigh more.
    fn vote(&mut self) {
        let mut costs: Vec<f32> = self.targets.iter().map(|&k| self.cost[k]).filter(|c| c.is_finite()).collect();
        if costs.is_empty() {
            return;
        }
        let middle = costs.len() / 2;
        let (_, median, _) = costs.select_nth_unstable_by(middle, f32::total_cmp);
        let sharpness = 1.0 / median.max(1e-6);
        let mut sums = vec![[0.0f32; 4]; self.colour.len()];
        for &k in &self.targets {
            let Some(from) = self.place(k, self.best[k]) else { continue };
            let weight = (-self.cost[k] * sharpness).exp().max(1e-6) * self.trust[k];
            let (x, y) = ((k % self.width) as isize, (k / self.width) as isize);
            for dy in (-RADIUS).max(-y)..=RADIUS.min(self.height as isize - 1 - y) {
                for dx in (-RADIUS).max(-x)..=RADIUS.min(self.width as isize - 1 - x) {
                    let shift = dy * self.width as isize + dx;
                    let at = (k as isize + shift) as usize;
                    if !self.known[at] {
                        let colour = self.colour[(from as isize + shift) as usize];
                        sums[at].iter_mut().zip(colour).for_each(|(s, c)| *s += weight * c);
                        sums[at][3] += weight;
                    }
                }
            }
        }
        for (colour, [r, g, b, weight]) in self.colour.iter_mut().zip(sums) {
            if weight > 0.0 {
                *colour = [r / weight, g / weight, b / weight];
            }
        }
    }
}

/// A number in `0..limit`, by xorshift (Marsaglia 2003).
fn random(state: &mut u32, limit: i32) -> i32 {
    *state = if *state == 0 { 1 } else { *state };
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    (*state % limit.max(1) as u32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A striped wall with a hole must get its stripes back.
    #[test]
    fn continues_a_pattern() {
        let stripes = |x: usize, _: usize| if x % 8 < 4 { 0.2 } else { 0.8 };
        let wall = Plane::from_fn(96, 96, stripes);
        let known =
            Plane::from_fn(96, 96, |x, y| if (36..60).contains(&x) && (36..60).contains(&y) { 0.0 } else { 1.0 });
        let found = search(&[wall.clone(), wall.clone(), wall.clone()], &known).unwrap_or_else(|| unreachable!());
        let mut wrong = 0;
        for k in (0..96 * 96).filter(|&k| known.data[k] < 0.5) {
            let [dx, dy] = found.steps[k];
            let from = ((k / 96) as i32 + dy) as usize * 96 + ((k % 96) as i32 + dx) as usize;
            assert!(known.data[from] > 0.5, "a step leads into the hole");
            wrong += usize::from((wall.data[from] - wall.data[k]).abs() > 0.1);
        }
        assert!(wrong < 24 * 24 / 20, "{wrong} of {} pixels off the pattern", 24 * 24);
    }

    #[test]
    fn too_little_to_choose_from() {
        let plane = Plane::filled(30, 40, 0.5);
        let none = Plane::filled(30, 40, 0.0);
        assert!(search(&[plane.clone(), plane.clone(), plane.clone()], &none).is_none());
        let tiny = Plane::filled(3, 3, 1.0);
        assert!(search(&[tiny.clone(), tiny.clone(), tiny.clone()], &tiny).is_none());
    }
}
