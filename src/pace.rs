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
/// The tier with which repairs begin where there is time for them: the cheaper one of those that have any.
const REPAIRED: usize = 1;
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
    /// Whether the governor says when frames are repaired.
    governs: bool,
    /// The tier that it had when it last ceased to: there it goes on. Frames by hand or at rest are not measured, so that it would
    /// not get back by itself.
    left: Option<usize>,
}

impl Pace {
    /// Begins with the best tier that is not refined. `software`: the CPU draws, by itself or in a GPU's place.
    #[must_use]
    pub fn new(software: bool) -> Self {
        let mut pace = Self {
            governor: Governor::new(TIERS.len()),
            refine: Refine::Auto,
            ready: false,
            software,
            shrinks: true,
            held: false,
            governs: false,
            left: None,
        };
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

    /// Keeps the tier as it is, whatever frames take: a recording shall not change its size. Where full size was asked for
    /// meanwhile, it comes when the tier is let go.
    pub fn hold(&mut self, on: bool) {
        self.held = on;
        if !on && !self.shrinks {
            self.allow();
        }
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

    /// Sets what the governor may choose from, after something has changed.
    fn allow(&mut self) {
        let governs = self.ready && self.refine == Refine::Auto && self.wants_refiner();
        let before = self.governor.tier();
        if self.governs && !governs {
            self.left = Some(before);
        }
        let cheapest = if self.shrinks { TIERS.len() - 1 } else { PLAIN };
        let cheapest = if self.held { cheapest.max(before) } else { cheapest };
        self.governor.allow(if governs { 0 } else { PLAIN }, cheapest);
        // Frames that are drawn smaller to keep up are not repaired as well.
        if governs && !self.governs && self.governor.tier() == PLAIN {
            let first = if self.governor.has_time() { REPAIRED } else { PLAIN };
            self.governor.begin(self.left.unwrap_or(first).min(PLAIN));
        }
        self.governs = governs;
    }
}

#[cfg(test)]
mod tests;
