//! What is drawn of a frame, so that frames keep up.

use crate::error::{Error, Result};
use crate::governor::Governor;

/// What a tier draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The refiner's nets look at one of so many frames; 0: frames are not repaired.
    pub interval: usize,
    /// Pixels of the photo that an output pixel covers along each axis.
    pub scale: f32,
}

/// From the best to the cheapest. The refiner goes before pixels do: it costs the most and is missed the least; before that its nets,
/// whose size is the same whatever the output's, look at every second frame.
const TIERS: [Tier; 5] = [
    Tier { interval: 1, scale: 1.0 },
    Tier { interval: 2, scale: 1.0 },
    Tier { interval: 0, scale: 1.0 },
    Tier { interval: 0, scale: 1.5 },
    Tier { interval: 0, scale: 2.0 },
];
/// The best tier without the refiner.
const PLAIN: usize = 2;
/// Where the CPU draws, it begins with the best tier of at most so many pixels: two cores draw as many, and follow a face, 15 times a
/// second. Of a portrait of more than four times as many even the cheapest draws more; it begins with that.
const SOFTWARE_PIXELS: f32 = 350_000.0;
/// Drawing is judged by the whole frame's time as long as that is at most so many times its own: a frame that is slow for
/// another reason is not drawn worse, because that would not help.
const SHARE: f64 = 3.0;

/// When the refiner repairs frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refine {
    /// Never.
    Off,
    /// As long as frames keep up, and not where software draws.
    Auto,
    /// Always, and nets look at every second frame.
    Half,
    /// Always, and nets look at every frame.
    On,
}

/// The tier in force, and what it depends on.
#[derive(Debug)]
pub struct Pace {
    governor: Governor,
    refine: Refine,
    /// Whether the refiner's model is there.
    ready: bool,
    software: bool,
    /// Whether frames may be drawn smaller.
    shrinks: bool,
    held: bool,
}

impl Pace {
    /// Begins with the best tier that is not refined. `software`: the CPU draws, by itself or in a GPU's place.
    #[must_use]
    pub fn new(software: bool) -> Self {
        let governor = Governor::new(TIERS.len());
        let mut pace = Self { governor, refine: Refine::Auto, ready: false, software, shrinks: true, held: false };
        pace.allow();
        pace
    }

    /// Sets when frames are refined: `"off"`, `"auto"`, `"half"` or `"on"`.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn set_refine(&mut self, mode: &str) -> Result<()> {
        self.refine = match mode {
            "off" => Refine::Off,
            "auto" => Refine::Auto,
            "half" => Refine::Half,
            "on" => Refine::On,
            _ => {
                return Err(Error::Option { option: "refine", expected: "\"auto\", \"on\", \"half\" or \"off\"" });
            }
        };
        self.allow();
        Ok(())
    }

    /// Sets whether frames may be drawn smaller: `"auto"`, or `"full"` for never.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn set_size(&mut self, size: &str) -> Result<()> {
        self.shrinks = match size {
            "auto" => true,
            "full" => false,
            _ => return Err(Error::Option { option: "size", expected: "\"auto\" or \"full\"" }),
        };
        self.allow();
        Ok(())
    }

    /// The refiner's model has come.
    pub fn refiner_is_ready(&mut self) {
        self.ready = true;
        self.allow();
    }

    /// Keeps the tier as it is, whatever frames take: a recording shall not change its size.
    pub fn hold(&mut self, on: bool) {
        self.held = on;
    }

    /// Whether the refiner's model is wanted.
    #[must_use]
    pub fn wants_refiner(&self) -> bool {
        match self.refine {
            Refine::Off => false,
            // Software draws too slowly to wait for more.
            Refine::Auto => !self.software,
            Refine::Half | Refine::On => true,
        }
    }

    /// A portrait of so many pixels comes up. Where the CPU draws, the tier is guessed anew.
    pub fn portrait(&mut self, pixels: f32) {
        let fits = |tier: &Tier| tier.interval == 0 && pixels / (tier.scale * tier.scale) <= SOFTWARE_PIXELS;
        if self.software {
            self.governor.begin(TIERS.iter().position(fits).unwrap_or(TIERS.len() - 1));
        }
    }

    /// Takes how long a frame took and how much of that was drawing, milliseconds.
    pub fn frame(&mut self, whole: f64, drawing: f64) {
        if !self.held {
            self.governor.frame(whole.min(SHARE * drawing));
        }
    }

    /// What is drawn now.
    #[must_use]
    pub fn tier(&self) -> Tier {
        let tier = TIERS[self.governor.tier().min(TIERS.len() - 1)];
        let interval = match self.refine {
            _ if !self.ready || !self.wants_refiner() => 0,
            Refine::Off => 0,
            Refine::Auto => tier.interval,
            Refine::Half => 2,
            Refine::On => 1,
        };
        Tier { interval, ..tier }
    }

    fn allow(&mut self) {
        let refined = self.ready && self.refine == Refine::Auto && self.wants_refiner();
        self.governor.allow(if refined { 0 } else { PLAIN }, if self.shrinks { TIERS.len() - 1 } else { PLAIN });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::governor::{FAST, SLOW};

    /// Frames enough for every step that there is reason to take.
    const LONG: usize = 400;

    fn frames(pace: &mut Pace, whole: f64, drawing: f64) {
        (0..LONG).for_each(|_| pace.frame(whole, drawing));
    }

    /// The scale that a portrait of so many pixels begins with.
    fn first(software: bool, size: &str, pixels: f32) -> f32 {
        let mut pace = Pace::new(software);
        pace.set_size(size).unwrap();
        pace.portrait(pixels);
        pace.tier().scale
    }

    #[test]
    fn a_cpu_begins_with_what_it_can_draw() {
        for (pixels, scale) in [
            (64.0 * 64.0, 1.0),
            (350_000.0, 1.0),
            (350_001.0, 1.5),
            (780_000.0, 1.5),
            (790_000.0, 2.0),
            (1_400_000.0, 2.0),
            // Even the cheapest tier draws more than the limit.
            (2048.0 * 2048.0, 2.0),
        ] {
            assert_eq!(first(true, "auto", pixels), scale, "{pixels} pixels");
            assert_eq!(first(true, "full", pixels), 1.0, "{pixels} pixels, never smaller");
            assert_eq!(first(false, "auto", pixels), 1.0, "{pixels} pixels on a GPU");
        }
    }

    #[test]
    fn another_portrait_is_guessed_anew() {
        let mut pace = Pace::new(true);
        pace.portrait(4e6);
        assert_eq!(pace.tier().scale, 2.0);
        pace.portrait(1e5);
        assert_eq!(pace.tier().scale, 1.0);
    }

    #[test]
    fn slow_frames_lose_the_refiner_before_pixels() {
        let mut pace = Pace::new(false);
        pace.refiner_is_ready();
        frames(&mut pace, 0.5 * FAST, 0.5 * FAST);
        let mut seen = vec![pace.tier()];
        for _ in 0..LONG {
            pace.frame(5.0 * SLOW, 5.0 * SLOW);
            if seen.last() != Some(&pace.tier()) {
                seen.push(pace.tier());
            }
        }
        assert_eq!(seen, TIERS);
    }

    #[test]
    fn a_refiner_that_has_come_waits_for_time_to_spare() {
        let mut pace = Pace::new(false);
        pace.refiner_is_ready();
        frames(&mut pace, 0.9 * SLOW, 0.9 * SLOW);
        assert_eq!(pace.tier().interval, 0);
        frames(&mut pace, 0.5 * FAST, 0.5 * FAST);
        assert_eq!(pace.tier().interval, 1);
    }

    #[test]
    fn a_guess_that_was_too_low_is_put_right() {
        let mut pace = Pace::new(true);
        pace.portrait(4e6);
        frames(&mut pace, 0.5 * FAST, 0.5 * FAST);
        assert_eq!(pace.tier(), Tier { interval: 0, scale: 1.0 });
    }

    #[test]
    fn frames_that_are_slow_for_another_reason_are_drawn_as_before() {
        let mut pace = Pace::new(false);
        frames(&mut pace, 10.0 * SLOW, SLOW / 4.0);
        assert_eq!(pace.tier().scale, 1.0);
        frames(&mut pace, 10.0 * SLOW, SLOW / 2.0);
        assert_eq!(pace.tier().scale, 2.0);
    }

    #[test]
    fn a_tier_that_is_held_stays() {
        let mut pace = Pace::new(false);
        pace.hold(true);
        frames(&mut pace, 10.0 * SLOW, 10.0 * SLOW);
        assert_eq!(pace.tier().scale, 1.0);
        pace.hold(false);
        frames(&mut pace, 10.0 * SLOW, 10.0 * SLOW);
        assert_eq!(pace.tier().scale, 2.0);
    }

    #[test]
    fn frames_are_refined_as_it_was_asked_for() {
        // Whether the model is wanted, and at one of how many frames the nets look once it is there and frames are fast.
        for (mode, software, wanted, interval) in [
            ("off", false, false, 0),
            ("auto", false, true, 1),
            ("auto", true, false, 0),
            ("half", false, true, 2),
            ("half", true, true, 2),
            ("on", false, true, 1),
            ("on", true, true, 1),
        ] {
            let mut pace = Pace::new(software);
            pace.set_refine(mode).unwrap();
            assert_eq!((pace.wants_refiner(), pace.tier().interval), (wanted, 0), "{mode}, {software}");
            pace.refiner_is_ready();
            frames(&mut pace, 0.5 * FAST, 0.5 * FAST);
            assert_eq!(pace.tier().interval, interval, "{mode}, {software}");
            frames(&mut pace, 10.0 * SLOW, 10.0 * SLOW);
            assert_eq!(pace.tier().interval, if mode == "auto" { 0 } else { interval }, "{mode}, {software}, slow");
        }
    }

    #[test]
    fn unknown_options_are_refused_and_change_nothing() {
        let mut pace = Pace::new(false);
        pace.refiner_is_ready();
        let before = pace.tier();
        assert!(matches!(pace.set_refine("maybe"), Err(Error::Option { option: "refine", .. })));
        assert!(matches!(pace.set_size("half"), Err(Error::Option { option: "size", .. })));
        assert_eq!(pace.tier(), before);
    }
}
