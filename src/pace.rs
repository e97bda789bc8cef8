//! The tiers of work for a frame (how often the refiner's nets run, how many pixels are drawn), and which of them is in
//! force, so that frames keep up with the driver.

use crate::error::{Error, Result};
use crate::governor::Governor;

/// How much work a tier does for a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The refiner's nets look at one frame in this many; at 0 frames are not repaired.
    pub interval: usize,
    /// Pixels of the photo that an output pixel covers along each axis.
    pub scale: f32,
}

/// The tiers, from the best to the cheapest. Before it is given up, the refiner's nets, whose cost does not depend on
/// the output's size, look at every second frame only. The refiner is given up before pixels are: it costs the most and
/// is missed the least.
const TIERS: [Tier; 5] = [
    Tier { interval: 1, scale: 1.0 },
    Tier { interval: 2, scale: 1.0 },
    Tier { interval: 0, scale: 1.0 },
    Tier { interval: 0, scale: 1.5 },
    Tier { interval: 0, scale: 2.0 },
];
/// Index of the best tier without the refiner.
const PLAIN: usize = 2;
/// Index of the tier with which repairs begin where there is time for them: the cheaper of the two that repair.
const REPAIRED: usize = 1;
/// Where the CPU draws, a portrait begins with the best tier whose output has at most this many pixels: two cores draw
/// that many, and follow a face, 15 times a second. A portrait of more than four times as many pixels begins with the
/// cheapest tier, which draws more than that even so.
const SOFTWARE_PIXELS: f32 = 350_000.0;
/// The governor gets the whole frame's time, but at most this many times the time that drawing took: where a frame is
/// slow for another reason, a cheaper tier would not help.
const SHARE: f64 = 3.0;

/// When the refiner repairs frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refine {
    /// Never.
    Off,
    /// As often as frames keep up with it, but never where the CPU draws.
    Auto,
    /// Always; the nets look at every second frame.
    Half,
    /// Always; the nets look at every frame.
    On,
}

/// The tier in force, and what it depends on.
#[derive(Debug)]
pub struct Pace {
    governor: Governor,
    refine: Refine,
    /// Whether the refiner's model has been loaded.
    ready: bool,
    software: bool,
    /// Whether frames may be drawn smaller.
    shrinks: bool,
    held: bool,
    /// Whether the governor decides when frames are repaired ([`Refine::Auto`], with the model loaded).
    governs: bool,
    /// The tier in force when the governor last ceased to decide that; it goes on there when it decides again. It would
    /// not find back by itself while frames are set by hand or at rest, because these are not measured.
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

    /// Keeps the tier as it is, however long frames take, or lets it go: a recording must not change its size. Full
    /// size that was asked for meanwhile comes when the tier is let go.
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
            // The CPU draws too slowly already; the refiner would only add to that.
            Refine::Auto => !self.software,
            Refine::Half | Refine::On => true,
        }
    }

    /// To be called when a portrait of this many pixels comes up. Where the CPU draws, the tier is guessed anew.
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

    /// Sets the range of tiers that the governor may choose from, after one of the fields that decide it has changed.
    fn allow(&mut self) {
        let governs = self.ready && self.refine == Refine::Auto && self.wants_refiner();
        let before = self.governor.tier();
        if self.governs && !governs {
            self.left = Some(before);
        }
        let cheapest = if self.shrinks { TIERS.len() - 1 } else { PLAIN };
        let cheapest = if self.held { cheapest.max(before) } else { cheapest };
        self.governor.allow(if governs { 0 } else { PLAIN }, cheapest);
        // Where frames are drawn smaller already to keep up (tiers beyond `PLAIN`), repairs do not begin.
        if governs && !self.governs && self.governor.tier() == PLAIN {
            let first = if self.governor.has_time() { REPAIRED } else { PLAIN };
            self.governor.begin(self.left.unwrap_or(first).min(PLAIN));
        }
        self.governs = governs;
    }
}

#[cfg(test)]
mod tests;
