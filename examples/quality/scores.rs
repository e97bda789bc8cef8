//! What reenactment between people is judged by.
//!
//! - expression error: mean absolute difference of 51 coefficients to the driver's, of the photo as it
//!   is, of the rendered and again encoded output, and of the moved landmarks alone: not rendered, and
//!   without making up for what a render fails to show;
//! - correlation over time, averaged over the coefficients of a driver that move;
//! - correlation and slope of what a viewer sees first, over all pairs;
//! - lids and lips that close when the driver's do;
//! - head rotation from the start, where the driver stays in the free range;
//! - drift of proportions (to the eye distance) from a calm photo to calm frames, mean over each pair;
//! - flicker: acceleration of landmarks from frame to frame, over the driver's own.

use std::collections::BTreeMap;

use nalgebra::Vector2;
use ritratto::motion::{COEFFICIENTS, Coefficients, coefficient};

use super::series::Series;

/// Smallest standard deviation of a driver's coefficient, 0 to 1, that counts in the correlation over time.
const MOVES: f64 = 0.04;
/// The features that a viewer sees first: the name of each, and the coefficients whose mean it is.
pub const FEATURES: [(&str, &[&str]); 11] = [
    ("jaw open", &["jawOpen"]),
    ("blink right", &["eyeBlinkRight"]),
    ("blink left", &["eyeBlinkLeft"]),
    ("smile", &["mouthSmileLeft", "mouthSmileRight"]),
    ("brows up", &["browInnerUp", "browOuterUpLeft", "browOuterUpRight"]),
    ("brows down", &["browDownLeft", "browDownRight"]),
    ("pucker", &["mouthPucker"]),
    ("gaze left", &["eyeLookOutLeft", "eyeLookInRight"]),
    ("gaze right", &["eyeLookInLeft", "eyeLookOutRight"]),
    ("gaze up", &["eyeLookUpLeft", "eyeLookUpRight"]),
    ("gaze down", &["eyeLookDownLeft", "eyeLookDownRight"]),
];

/// A mean that is built up value by value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    pub fn push(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    pub fn value(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

/// Moments in which the driver's lids or lips are closed, and how often those of target and rendered output were too.
/// The driver's own picture is read in the same way: no better reading can be expected of a render.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closures {
    target: Mean,
    rendered: Mean,
    driver: Mean,
}

impl Closures {
    pub fn add(&mut self, target: bool, rendered: bool, driver: bool) {
        let means = [&mut self.target, &mut self.rendered, &mut self.driver];
        means.into_iter().zip([target, rendered, driver]).for_each(|(mean, shut)| mean.push(f64::from(u8::from(shut))));
    }

    fn merge(&mut self, other: &Self) {
        self.target.merge(&other.target);
        self.rendered.merge(&other.rendered);
        self.driver.merge(&other.driver);
    }

    fn print(&self) -> String {
        if self.target.count == 0.0 {
            return "-".into();
        }
        let [target, rendered, driver] =
            [self.target, self.rendered, self.driver].map(|mean| format!("{:.0}", 100.0 * mean.value()));
        format!("{target}/{rendered} ({driver}) of {:.0}", self.target.count)
    }
}

/// One pair, or all.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    still: Mean,
    rendered: Mean,
    landmarks: Mean,
    each: Vec<[Mean; 2]>,
    time: Mean,
    series: Vec<Series>,
    /// For each of [`FEATURES`], the series of the rendered output and that of the moved landmarks alone.
    features: Vec<[Series; 2]>,
    swept: BTreeMap<String, Series>,
    pub lids: Closures,
    pub lips: Closures,
    pub turn: Mean,
    drift: [[Mean; 3]; 3],
    drifts: [[Mean; 3]; 3],
    flicker: [Mean; 2],
    pub folds: f64,
    pub lost: f64,
    worse: f64,
    pairs: f64,
}

impl Scores {
    /// Takes one frame: coefficients of the driver, of the photo, of the output, of the moved landmarks.
    pub fn expression(
        &mut self,
        driver: &Coefficients,
        photo: &Coefficients,
        output: &Coefficients,
        moved: &Coefficients,
    ) {
        let error = |other: &Coefficients| {
            driver.iter().zip(other).skip(1).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>()
                / (COEFFICIENTS - 1) as f64
        };
        self.still.push(error(photo));
        self.rendered.push(error(output));
        self.landmarks.push(error(moved));
        self.series.resize(COEFFICIENTS, Series::default());
        self.each.resize(COEFFICIENTS, Default::default());
        for k in 0..COEFFICIENTS {
            self.series[k].push(f64::from(driver[k]), f64::from(output[k]));
            self.each[k][0].push(f64::from((driver[k] - photo[k]).abs()));
            self.each[k][1].push(f64::from((driver[k] - output[k]).abs()));
        }
        self.features.resize(FEATURES.len(), Default::default());
        for (series, (_, names)) in self.features.iter_mut().zip(FEATURES) {
            let mean = |c: &Coefficients| {
                names.iter().map(|name| f64::from(c[coefficient(name)])).sum::<f64>() / names.len() as f64
            };
            series[0].push(mean(driver), mean(output));
            series[1].push(mean(driver), mean(moved));
        }
    }

    /// Takes one step of a coefficient that is moved by hand.
    pub fn swept(&mut self, name: &str, wanted: f32, output: f32) {
        self.swept.entry(name.into()).or_default().push(f64::from(wanted), f64::from(output));
    }

    /// Takes how far three proportions of a calm face are from the photo's, in the geometry and encoded again, and
    /// from the driver's own at its start.
    pub fn proportions(&mut self, drift: [[f64; 3]; 3]) {
        for (means, values) in self.drift.iter_mut().zip(drift) {
            means.iter_mut().zip(values).for_each(|(mean, value)| mean.push(value));
        }
    }

    /// Takes tracks of landmarks, in eye distances.
    pub fn flicker(&mut self, output: &[Vec<Vector2<f64>>], driver: &[Vec<Vector2<f64>>]) {
        for (mean, track) in self.flicker.iter_mut().zip([output, driver]) {
            for frames in track.windows(3) {
                let sum: f64 =
                    (0..frames[1].len()).map(|i| (frames[0][i] - frames[1][i] * 2.0 + frames[2][i]).norm()).sum();
                mean.push(sum / frames[1].len().max(1) as f64);
            }
        }
    }

    /// Ends a pair: the correlation over its time.
    pub fn close_pair(&mut self) {
        for series in self.series.iter().skip(1).filter(|series| series.driver_deviation() > MOVES) {
            self.time.push(series.correlation());
        }
        for (means, pair) in self.drifts.iter_mut().zip(&self.drift) {
            for (mean, drift) in means.iter_mut().zip(pair).filter(|(_, drift)| drift.count > 0.0) {
                mean.push(drift.value().abs());
            }
        }
        self.pairs = 1.0;
        self.worse = f64::from(u8::from(self.rendered.value() > self.still.value()));
    }

    pub fn merge(&mut self, other: &Self) {
        self.still.merge(&other.still);
        self.rendered.merge(&other.rendered);
        self.landmarks.merge(&other.landmarks);
        self.time.merge(&other.time);
        self.lids.merge(&other.lids);
        self.lips.merge(&other.lips);
        self.turn.merge(&other.turn);
        self.features.resize(FEATURES.len(), Default::default());
        for (own, other) in self.features.iter_mut().zip(&other.features) {
            own.iter_mut().zip(other).for_each(|(own, other)| own.extend(other));
        }
        self.each.resize(COEFFICIENTS, Default::default());
        for (own, other) in self.each.iter_mut().zip(&other.each) {
            own.iter_mut().zip(other).for_each(|(own, other)| own.merge(other));
        }
        let drifts = self.drifts.iter_mut().flatten().zip(other.drifts.iter().flatten());
        drifts.for_each(|(own, other)| own.merge(other));
        self.flicker.iter_mut().zip(&other.flicker).for_each(|(own, other)| own.merge(other));
        self.folds += other.folds;
        self.lost += other.lost;
        self.worse += other.worse;
        self.pairs += other.pairs;
    }

    pub fn header() {
        println!("shut: in the geometry/in the picture (in the driver's own picture), % of the driver's shut moments");
        println!("| pair | frames | error | ratio | landmarks | over time | lids shut | lips shut | turn | flicker |");
        println!("|---|---|---|---|---|---|---|---|---|---|");
    }

    pub fn row(&self, name: &str) {
        let [still, ours, moved] = [&self.still, &self.rendered, &self.landmarks].map(Mean::value);
        let flicker = match self.flicker[1].count {
            0.0 => "-".into(),
            _ => format!("{:.2}", self.flicker[0].value() / self.flicker[1].value().max(1e-9)),
        };
        println!(
            "| {name} | {:.0} | {still:.3} -> {ours:.3} | {:.2} | {:.2} | {:.2} | {} | {} | {:.1} | {flicker} |",
            self.still.count,
            ours / still,
            moved / still,
            self.time.value(),
            self.lids.print(),
            self.lips.print(),
            self.turn.value(),
        );
    }

    /// The row of all pairs, and what is only meaningful over all.
    pub fn summary(&self) {
        self.row("all");
        println!(
            "\npairs {:.0}, worse than standing still {:.0}; frames without a face again {:.0}",
            self.pairs, self.worse, self.lost
        );
        println!("folded triangles a frame {:.2}", self.folds / self.still.count.max(1.0));
        for (name, means) in ["geometry", "encoded again", "the drivers' own"].into_iter().zip(&self.drifts) {
            let [height, nose, mouth] = means.map(|mean| 100.0 * mean.value());
            println!(
                "drift of proportions in calm frames, {name}: height {height:.1} %, nose {nose:.1} %, mouth {mouth:.1} %"
            );
        }
        println!(
            "\n| feature | correlation | slope | moves by | landmarks alone: correlation | slope |\n|---|---|---|---|---|---|"
        );
        for ([series, moved], (name, _)) in self.features.iter().zip(FEATURES) {
            println!(
                "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
                series.correlation(),
                series.slope(),
                series.driver_deviation(),
                moved.correlation(),
                moved.slope()
            );
        }
        println!("\n| moved by hand | correlation | slope | moves by |\n|---|---|---|---|");
        for (name, series) in &self.swept {
            println!(
                "| {name} | {:.2} | {:.2} | {:.2} |",
                series.correlation(),
                series.slope(),
                series.driver_deviation()
            );
        }
        let mut each: Vec<_> = self.each.iter().zip(ritratto::motion::COEFFICIENT_NAMES).skip(1).collect();
        each.sort_by(|a, b| b.0[1].value().total_cmp(&a.0[1].value()));
        println!("\nlargest errors (standing still -> Ritratto):");
        for (means, name) in each.iter().take(14) {
            println!("  {name} {:.3} -> {:.3}", means[0].value(), means[1].value());
        }
    }
}
