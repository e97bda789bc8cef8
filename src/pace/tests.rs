#![allow(clippy::unwrap_used)]

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
    frames(&mut pace, 0.9 * SLOW, 0.9 * SLOW);
    pace.refiner_is_ready();
    assert_eq!(pace.tier().interval, 0);
    frames(&mut pace, 0.9 * SLOW, 0.9 * SLOW);
    assert_eq!(pace.tier().interval, 0);
    frames(&mut pace, 0.5 * FAST, 0.5 * FAST);
    assert_eq!(pace.tier().interval, 1);
}

/// A face set by hand, or a portrait that is paused: no frame is ever measured.
#[test]
fn frames_that_nobody_measures_are_refined_too() {
    let mut pace = Pace::new(false);
    pace.refiner_is_ready();
    assert_eq!(pace.tier(), TIERS[REPAIRED]);
    let mut software = Pace::new(true);
    software.refiner_is_ready();
    assert_eq!(software.tier().interval, 0);
}

#[test]
fn a_look_without_the_refiner_leaves_it_as_it_was() {
    for (whole, held) in [(0.5 * FAST, false), (0.9 * SLOW, false), (0.5 * FAST, true), (5.0 * SLOW, false)] {
        let mut pace = Pace::new(false);
        pace.refiner_is_ready();
        frames(&mut pace, whole, whole);
        let before = pace.tier();
        pace.hold(held);
        for mode in ["off", "half", "on"] {
            pace.set_refine(mode).unwrap();
            assert_eq!(pace.tier().scale, before.scale, "{whole} ms, {mode}");
            pace.set_refine("auto").unwrap();
            assert_eq!(pace.tier(), before, "{whole} ms, {mode}");
        }
    }
}

#[test]
fn a_machine_that_is_too_slow_to_refine_is_not_made_to_by_a_look_without() {
    let mut pace = Pace::new(false);
    pace.refiner_is_ready();
    (0..LONG).for_each(|_| {
        let time = if pace.tier().interval > 0 { 2.0 * SLOW } else { 0.9 * SLOW };
        pace.frame(time, time);
    });
    assert_eq!(pace.tier(), TIERS[PLAIN]);
    pace.set_refine("off").unwrap();
    frames(&mut pace, 0.9 * SLOW, 0.9 * SLOW);
    pace.set_refine("auto").unwrap();
    assert_eq!(pace.tier(), TIERS[PLAIN]);
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
fn full_size_waits_until_a_recording_has_ended() {
    let mut pace = Pace::new(true);
    pace.portrait(4e6);
    pace.hold(true);
    pace.set_size("full").unwrap();
    assert_eq!(pace.tier().scale, 2.0);
    pace.hold(false);
    assert_eq!(pace.tier().scale, 1.0);
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
