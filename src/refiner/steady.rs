//! What keeps the refiner from flickering: patches and grids that stay where they are while a face holds still.
//!
//! Landmarks tremble by hundredths of a pixel when nobody moves. A picture that is warped by them hardly shows it, but
//! a net that looks at that picture answers a little differently each time, and its change, laid down a hundredth of a
//! pixel further on, has edges of its own. So each patch remembers the state of the face for which it was last shown,
//! and moves from there towards the new state by a share of the difference: by a small share as long as the difference
//! may be noise, by all of it when something has moved. What is shown is thus never further behind than [`MOVED`],
//! whatever the frame rate. The net's change between the lips follows more slowly, see [`REMEMBERED`].

use nalgebra::Vector2;

use super::code::CODE;
use super::patch::{Part, PatchFrame};
use super::ports::PATCHES;
use crate::geometry::smoothstep;

/// Motion up to which the face counts as held, sides of a patch. It is a fraction of what a viewer could tell apart. A
/// held face's landmarks tremble by .0002; `quality --flicker` measures the flicker that is left.
const NOISE: f64 = 0.0015;
/// Motion above which a patch follows at once, sides of a patch. Between [`NOISE`] and this value the share grows
/// smoothly.
const MOVED: f64 = 0.006;
/// Share of the difference by which a patch follows while the motion counts as noise, 0 to 1, so that what stands still
/// arrives in the end.
const LEAST: f64 = 0.012;
/// Motion, sides of a patch, that a coefficient's change by 1 counts as. A held face's coefficients tremble by .02.
const COEFFICIENT: f64 = 0.03;
/// Motion over which what was shown between the lips fades to about a third (1/e), sides of a patch. Teeth stay the
/// same teeth while a mouth moves, but the net makes them up anew in each frame. At .02 they change from frame to frame
/// half as much as without this memory, at .05 a third as much, and a speaker's mouth is .2 and .8 dB less like the
/// true one (`quality --flicker`).
const REMEMBERED: f64 = 0.03;
/// Change of the tongue (`tongueOut`, 0 to 1) over which what was shown between the lips fades to 1/e: a tongue lies
/// over the teeth, and lips need not move for it.
const TONGUE_OUT: f64 = 0.3;
/// Weight of the tongue, a code's last number, beside the code's other numbers: where `tongueOut` is only guessed at,
/// it trembles by .1.
const TONGUE: f64 = 0.4;

/// A patch as it was last shown, and the state of the face that it was shown for.
#[derive(Debug, Clone)]
struct Shown {
    frame: PatchFrame,
    weight: f32,
    /// The part's landmarks, pixels of the patch.
    landmarks: Vec<Vector2<f64>>,
    code: [f32; CODE],
}

/// The patches of a portrait as they were last shown. A new one remembers nothing: the next frame is shown as it is.
#[derive(Debug, Default)]
pub(super) struct Steady([Option<Shown>; PATCHES]);

/// A patch as it is to be shown now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steadied {
    pub(super) frame: PatchFrame,
    /// Share of the refiner's change that is shown in the patch, 0 to 1.
    pub(super) weight: f32,
    pub(super) fresh: Fresh,
}

/// Shares of the net's new grid in the grid that is shown, 0 to 1; the rest is the grid that was shown before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fresh {
    /// The share in places between the lips where they were open in the frame before.
    pub(super) inside: f32,
    /// The share everywhere else.
    pub(super) around: f32,
}

impl Fresh {
    /// The new grid is shown as it is.
    pub(super) const ALL: Self = Self { inside: 1.0, around: 1.0 };
    /// The grid shown before stays as it is.
    pub(super) const NONE: Self = Self { inside: 0.0, around: 0.0 };

    /// The share that is new after two steps: first by these shares, then by those of the next frame.
    pub(super) fn and(self, next: Self) -> Self {
        let both = |first: f32, then: f32| 1.0 - (1.0 - first) * (1.0 - then);
        Self { inside: both(self.inside, next.inside), around: both(self.around, next.around) }
    }

    /// The shares for a part of the face that has moved by `way`, sides of a patch, while the tongue has changed by
    /// `tongue`, 0 to 1.
    fn after(part: Part, way: f64, tongue: f64) -> Self {
        let around = share(way);
        // At least `LEAST`, so that between the lips, too, what stands still arrives.
        let moved_on = (1.0 - (-way / REMEMBERED - tongue / TONGUE_OUT).exp()).max(LEAST);
        let inside = if part == Part::Mouth { around.min(moved_on) } else { around };
        Self { inside: inside as f32, around: around as f32 }
    }
}

impl Steady {
    /// Moves a patch from what was last shown towards what this frame asks for: its place `frame`, its `weight` and its
    /// `code`. `places` are the landmarks, pixels of the picture that `frame` lies in.
    pub(super) fn follow(
        &mut self,
        part: Part,
        frame: PatchFrame,
        weight: f32,
        code: &[f32; CODE],
        places: &[Vector2<f64>],
    ) -> Steadied {
        let seen = |frame: &PatchFrame| -> Vec<Vector2<f64>> {
            part.landmarks().filter_map(|i| places.get(i)).map(|place| frame.to_patch(*place)).collect()
        };
        let shown = &mut self.0[part as usize];
        let Some(before) = shown.as_mut().filter(|_| weight > 0.0) else {
            let first = || Shown { frame, weight, landmarks: seen(&frame), code: *code };
            *shown = (weight > 0.0).then(first);
            return Steadied { frame, weight, fresh: Fresh::ALL };
        };
        before.frame = before.frame.towards(&frame, share(before.frame.way_to(&frame)));
        let landmarks = seen(&before.frame);
        let way = farthest(before.landmarks.iter().zip(&landmarks).map(|(old, new)| (new - old).norm()));
        let told = farthest(before.code.iter().zip(code).enumerate().map(|(number, (old, new))| {
            let counts = if number == CODE - 1 { TONGUE } else { 1.0 };
            counts * f64::from((new - old).abs())
        }));
        let way = (way / frame.side as f64).max(COEFFICIENT * told);
        let tongue = f64::from((code[CODE - 1] - before.code[CODE - 1]).abs());
        let (share, fresh) = (share(way), Fresh::after(part, way, tongue));
        before.landmarks.iter_mut().zip(&landmarks).for_each(|(old, new)| *old += (new - *old) * share);
        before.code.iter_mut().zip(code).for_each(|(old, new)| *old += (new - *old) * fresh.around);
        before.weight += (weight - before.weight) * fresh.around;
        Steadied { frame: before.frame, weight: before.weight, fresh }
    }
}

fn farthest(ways: impl Iterator<Item = f64>) -> f64 {
    ways.fold(0.0, f64::max)
}

/// Share of the difference to the new state by which a patch follows, 0 to 1, when the motion is `way`, sides of a
/// patch.
fn share(way: f64) -> f64 {
    LEAST + (1.0 - LEAST) * smoothstep(way, NOISE, MOVED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::LANDMARKS;

    const SIDE: f64 = 96.0;

    fn frame(x: f64) -> PatchFrame {
        PatchFrame { side: 96, origin: Vector2::new(x, 5.0), across: Vector2::x(), down: Vector2::y() }
    }

    /// Landmarks that all are at one place of a patch that begins at `x`.
    fn places(x: f64, at: f64) -> Vec<Vector2<f64>> {
        vec![Vector2::new(x + at * SIDE, 40.0); LANDMARKS]
    }

    fn follow(steady: &mut Steady, x: f64, at: f64, told: f32) -> Steadied {
        steady.follow(Part::Mouth, frame(x), 0.5, &[told; CODE], &places(x, at))
    }

    #[test]
    fn the_first_frame_is_shown_as_it_is_and_so_is_one_after_rest() {
        let mut steady = Steady::default();
        assert_eq!(follow(&mut steady, 3.0, 0.5, 0.0).fresh, Fresh::ALL);
        assert!(follow(&mut steady, 3.0, 0.5, 0.0).fresh.around < 0.1);
        steady.follow(Part::Mouth, frame(3.0), 0.0, &[0.0; CODE], &places(3.0, 0.5));
        assert_eq!(follow(&mut steady, 3.0, 0.5, 0.0).fresh, Fresh::ALL);
        // Each part of the face has its own memory.
        let eye = PatchFrame { side: 64, ..frame(3.0) };
        assert_eq!(steady.follow(Part::LeftEye, eye, 0.5, &[0.0; CODE], &places(3.0, 0.5)).fresh, Fresh::ALL);
    }

    #[test]
    fn noise_is_held_and_motion_is_not() {
        let mut steady = Steady::default();
        follow(&mut steady, 3.0, 0.5, 0.1);
        for k in 0..50 {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            let held = follow(&mut steady, 3.0 + 0.02 * sign, 0.5 + 0.0002 * sign, 0.1 + 0.01 * sign as f32);
            assert!(held.fresh.around < 0.1 && (held.frame.origin.x - 3.0).abs() < 0.002, "{held:?}");
        }
        // Motion of the mouth's landmarks, of its code, and of the head: each is tried alone.
        assert_eq!(follow(&mut steady, 3.0, 0.51, 0.1).fresh.around, 1.0);
        assert_eq!(follow(&mut steady, 3.0, 0.51, 0.4).fresh.around, 1.0);
        let turned = follow(&mut steady, 4.0, 0.51, 0.4);
        assert!(turned.fresh.around < 0.1 && turned.frame == frame(4.0), "{turned:?}");
    }

    #[test]
    fn teeth_are_remembered_over_some_way_and_eyes_are_not() {
        let mut last = Fresh::NONE;
        for way in [0.0, 0.001, 0.004, 0.01, 0.03, 0.1, 0.5] {
            let fresh = Fresh::after(Part::Mouth, way, 0.0);
            assert!(fresh.inside <= fresh.around && fresh.inside >= last.inside, "{fresh:?}");
            let eye = Fresh::after(Part::LeftEye, way, 0.0);
            assert_eq!(eye, Fresh { inside: fresh.around, ..fresh });
            last = fresh;
        }
        // One step or two of half the length leave the same share of what was shown before.
        let [half, whole] = [0.01, 0.02].map(|way| 1.0 - Fresh::after(Part::Mouth, way, 0.0).inside);
        assert!((half * half - whole).abs() < 1e-6 && last.inside > 0.999);
    }

    #[test]
    fn teeth_make_room_for_a_tongue_and_for_what_is_there_when_a_mouth_rests() {
        let told = |tongue: f32| std::array::from_fn(|k| if k == CODE - 1 { tongue } else { 0.0 });
        let mut steady = Steady::default();
        // What is left of the frames before over frames with these tongues, while the lips stand still.
        let mut left = |tongues: &[f32]| -> f32 {
            let frames = tongues.iter().map(|tongue| {
                1.0 - steady.follow(Part::Mouth, frame(3.0), 1.0, &told(*tongue), &places(3.0, 0.5)).fresh.inside
            });
            frames.product()
        };
        assert_eq!(left(&[0.0]), 0.0);
        let out = left(&[0.3, 0.5, 0.7, 0.9, 1.0, 1.0]);
        assert!(out < 0.3, "{out}");
        let rest = left(&[1.0; 400]);
        assert!(rest > 0.0 && rest < 0.01, "{rest}");
    }

    #[test]
    fn however_slow_motion_is_nothing_is_left_far_behind() {
        let mut steady = Steady::default();
        let mut x = 3.0;
        for _ in 0..400 {
            x += 0.01;
            let held = follow(&mut steady, x, 0.5, 0.0);
            assert!((x - held.frame.origin.x) < MOVED * SIDE, "{held:?}");
        }
        // And what stands still arrives.
        let held = (0..300).map(|_| follow(&mut steady, x, 0.5, 0.0)).last().map(|held| held.frame.origin.x);
        assert!(held.is_some_and(|held| (x - held).abs() < 0.01), "{held:?} for {x}");
    }
}
