//! Filters for noisy measurements over time.
//!
//! - [`OneEuro`]: the plain one-euro filter, for numbers on their own.
//! - [`NoiseGate`]: decides how far a group of values that move together follows its
//!   measurement. A one-euro filter has to choose between jitter and lag, because it sees
//!   one value, whose speed drowns in noise; many values judged together show early
//!   whether there is motion, so that the gate can hold still and then follow at once.

use std::f64::consts::TAU;

use crate::geometry::smoothstep;

/// The one-euro filter of Casiez, Roussel and Vogel (CHI 2012) on `N` values: an exponential
/// low-pass whose cutoff grows with the value's own speed.
#[derive(Debug, Clone)]
pub struct OneEuro<const N: usize> {
    /// Cutoff at rest, hertz. A lower one is steadier.
    pub min_cutoff: f64,
    /// Growth of the cutoff with speed, hertz for one unit per second. A higher one lags less.
    pub beta: f64,
    /// Cutoff of the speed estimate, hertz.
    pub speed_cutoff: f64,
    state: Option<([f64; N], [f64; N])>,
}

impl<const N: usize> OneEuro<N> {
    /// A filter that has seen nothing yet.
    #[must_use]
    pub fn new(min_cutoff: f64, beta: f64, speed_cutoff: f64) -> Self {
        Self { min_cutoff, beta, speed_cutoff, state: None }
    }

    /// The smoothed values, `seconds` (> 0) after the last ones.
    pub fn filter(&mut self, values: [f64; N], seconds: f64) -> [f64; N] {
        let Some((past, speeds)) = &mut self.state else {
            self.state = Some((values, [0.0; N]));
            return values;
        };
        let seconds = seconds.max(1e-6);
        for ((past, speed), value) in past.iter_mut().zip(speeds.iter_mut()).zip(values) {
            *speed += gain(self.speed_cutoff, seconds) * ((value - *past) / seconds - *speed);
            *past += gain(self.min_cutoff + self.beta * speed.abs(), seconds) * (value - *past);
        }
        *past
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.state = None;
    }
}

/// Weight of the new value in an exponential low-pass with this cutoff.
fn gain(cutoff: f64, seconds: f64) -> f64 {
    let reach = TAU * cutoff * seconds;
    reach / (reach + 1.0)
}

/// How a [`NoiseGate`] tells motion from noise. Lengths are in the unit of the deviations.
#[derive(Debug, Clone, Copy)]
pub struct GateSettings {
    /// The noise floor at the beginning, its lowest and its highest value.
    pub floor: [f64; 3],
    /// The quantile of the roughness that the noise floor follows, in (0, 1): the share of frames whose roughness is
    /// below it.
    pub quantile: f64,
    /// Largest relative change of the floor in one frame.
    pub adaption: f64,
    /// Sudden deviations, in multiples of the noise floor: below the first the gate stays shut, above the second it
    /// is wholly open.
    pub sudden: [f64; 2],
    /// The same two limits for a deviation that lasts over three frames. They are lower, as the mean of three has
    /// less noise.
    pub lasting: [f64; 2],
}

/// How far a group is from its filtered state, each as a root mean square over the group.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deviation {
    /// Deviation of the newest measurement.
    pub sudden: f64,
    /// Deviation of the mean of the last three measurements.
    pub lasting: f64,
    /// Second difference of the last three measurements, divided by the root of 6: the noise's
    /// standard deviation where the true motion is smooth.
    pub roughness: f64,
}

/// Number of frames after a motion whose mean the state takes before it is held.
const SETTLING: f64 = 10.0;
/// Gain for each frame while the state is held: a deviation that is left drifts away over 500 frames.
const DRIFT: f64 = 0.002;

/// The gain of one group of values that move together.
///
/// Without motion the group takes the mean of ten frames and then holds still. A deviation
/// above the group's own noise floor, which is learnt from the measurement's roughness,
/// opens the gate smoothly up to a gain of 1: no smoothing, no lag.
#[derive(Debug, Clone, Copy)]
pub struct NoiseGate {
    floor: f64,
    frames: f64,
}

impl NoiseGate {
    /// A gate before the second measurement; the first one is the state.
    #[must_use]
    pub fn new(settings: &GateSettings) -> Self {
        Self { floor: settings.floor[0], frames: 1.0 }
    }

    /// The weight of the newest measurement in the next state, in (0, 1].
    pub fn gain(&mut self, deviation: &Deviation, settings: &GateSettings) -> f64 {
        let [_, lowest, highest] = settings.floor;
        // One step of a running quantile, in proportion to the floor.
        let up = if deviation.roughness > self.floor { settings.quantile } else { settings.quantile - 1.0 };
        self.floor = (self.floor * (settings.adaption * up).exp()).clamp(lowest, highest);
        let opened = |value: f64, [from, to]: [f64; 2]| smoothstep(value / self.floor, from, to);
        let motion = opened(deviation.sudden, settings.sudden).max(opened(deviation.lasting, settings.lasting));
        self.frames = (self.frames + 1.0).min(SETTLING);
        let rest = if self.frames < SETTLING { 1.0 / self.frames } else { DRIFT };
        // After motion the mean starts again: the wider the gate was open, the fewer earlier frames count in it.
        self.frames = self.frames.min(1.0 / motion.max(1.0 / SETTLING));
        rest.max(motion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: GateSettings = GateSettings {
        floor: [0.02, 0.01, 0.03],
        quantile: 0.5,
        adaption: 0.1,
        sudden: [3.0, 5.0],
        lasting: [2.0, 3.0],
    };

    #[test]
    fn one_euro_smooths_rest_and_follows_speed() {
        let mut filter = OneEuro::<1>::new(1.0, 4.0, 10.0);
        let noisy: Vec<f64> =
            (0..100).map(|i| filter.filter([if i % 2 == 0 { 0.01 } else { -0.01 }], 0.04)[0]).collect();
        assert!(noisy[50..].iter().all(|value| value.abs() < 0.005), "{:?}", &noisy[50..60]);
        let mut last = 0.0;
        (0..10).for_each(|i| last = filter.filter([f64::from(i) * 0.2], 0.04)[0]);
        assert!((last - 1.8).abs() < 0.1, "lags behind: {last}");
    }

    #[test]
    fn a_gate_closes_at_rest_and_opens_at_once() {
        let mut gate = NoiseGate::new(&SETTINGS);
        let rest = Deviation { sudden: 0.02, lasting: 0.01, roughness: 0.02 };
        let gains: Vec<f64> = (0..20).map(|_| gate.gain(&rest, &SETTINGS)).collect();
        assert!((gains[0] - 0.5).abs() < 1e-9 && (gains[1] - 1.0 / 3.0).abs() < 1e-9);
        assert!((gains[19] - DRIFT).abs() < 1e-12);
        let motion = Deviation { sudden: 0.5, lasting: 0.2, roughness: 0.02 };
        assert!((gate.gain(&motion, &SETTINGS) - 1.0).abs() < 1e-12);
        assert!((gate.gain(&rest, &SETTINGS) - 0.5).abs() < 1e-9, "the mean must start again after motion");
    }

    proptest! {
        #[test]
        fn gains_are_weights(deviations in prop::collection::vec(prop::array::uniform3(0.0..10.0f64), 1..50)) {
            let mut gate = NoiseGate::new(&SETTINGS);
            for [sudden, lasting, roughness] in deviations {
                let gain = gate.gain(&Deviation { sudden, lasting, roughness }, &SETTINGS);
                prop_assert!((DRIFT..=1.0).contains(&gain));
                prop_assert!((0.01..=0.03).contains(&gate.floor));
            }
        }
    }
}
