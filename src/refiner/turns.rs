//! Which frames the nets run on. A net's answer to one frame fits the next one, too: its grid lies in the patch, which
//! moves with the face, and shades whatever geometry renders there. So a machine that is short of time runs each net on
//! every second frame only, the mouth's on one and the eyes' on the next, so that all frames take about as long.

use super::plan::Plan;
use super::ports::{PATCHES, place};
use super::steady::Fresh;

/// On which of a portrait's frames the nets have run so far.
#[derive(Debug)]
pub(super) struct Turns {
    /// Each net runs on one of this many frames.
    pub(super) interval: usize,
    frame: usize,
    /// For each patch, the share of the shown grid that the frames since the net's last run have made out of date;
    /// `None` if no grid is on show.
    aged: [Option<Fresh>; PATCHES],
}

impl Default for Turns {
    /// The nets run on every frame.
    fn default() -> Self {
        Self { interval: 1, frame: 0, aged: [None; PATCHES] }
    }
}

impl Turns {
    /// Counts the next frame and returns for each patch whether its net runs on it. Where it does not, the grid that is
    /// shown stays as it is, and the plan's [`Fresh`] is set to say so.
    pub(super) fn next(&mut self, plan: &mut Plan) -> [bool; PATCHES] {
        self.frame += 1;
        std::array::from_fn(|k| {
            if plan.weight(k) <= 0.0 {
                self.aged[k] = None;
                return false;
            }
            let [net, _] = place(k);
            let aged = self.aged[k].map(|aged| aged.and(plan.fresh[k]));
            let looks = aged.is_none() || (self.frame + net).is_multiple_of(self.interval.max(1));
            let wanted = aged.unwrap_or(Fresh::ALL);
            (plan.fresh[k], self.aged[k]) =
                if looks { (wanted, Some(Fresh::NONE)) } else { (Fresh::NONE, Some(wanted)) };
            looks
        })
    }

    /// Forgets the frames so far, because nothing was shown of this frame or the next one does not continue its motion:
    /// the nets run on the next frame in any case.
    pub(super) fn forget(&mut self) {
        self.aged = [None; PATCHES];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(weights: [f32; PATCHES], around: f32) -> Plan {
        Plan { fresh: [Fresh { inside: around / 2.0, around }; PATCHES], ..Plan::at_the_corner(weights) }
    }

    #[test]
    fn with_time_enough_every_frame_is_looked_at_as_it_asks_for() {
        let mut turns = Turns::default();
        for fresh in [1.0, 0.3, 0.05, 0.7] {
            let mut plan = plan([1.0; PATCHES], fresh);
            assert_eq!(turns.next(&mut plan), [true; PATCHES]);
            // The first frame's grid is shown whole, whatever share it asks for.
            assert!(plan.fresh.iter().all(|v| (v.around - fresh).abs() < 1e-6), "{:?}", plan.fresh);
        }
    }

    #[test]
    fn mouth_and_eyes_take_turns() {
        let mut turns = Turns { interval: 2, ..Turns::default() };
        assert_eq!(turns.next(&mut plan([1.0; PATCHES], 1.0)), [true; PATCHES]);
        let looks: Vec<_> = (0..4).map(|_| turns.next(&mut plan([1.0; PATCHES], 1.0))).collect();
        for (k, looks) in looks.iter().enumerate() {
            assert_eq!(*looks, [k % 2 == 0, k % 2 == 1, k % 2 == 1]);
        }
    }

    #[test]
    fn what_comes_into_view_is_looked_at_at_once() {
        let mut turns = Turns { interval: 2, ..Turns::default() };
        turns.next(&mut plan([1.0; PATCHES], 1.0));
        turns.next(&mut plan([1.0, 0.0, 1.0], 1.0));
        assert!(turns.next(&mut plan([1.0; PATCHES], 1.0))[1]);
        assert_ne!(turns.next(&mut plan([1.0; PATCHES], 1.0)), [true; PATCHES]);
        turns.forget();
        assert_eq!(turns.next(&mut plan([1.0; PATCHES], 0.2)), [true; PATCHES]);
    }

    #[test]
    fn motion_in_a_frame_that_was_not_looked_at_is_made_up_for() {
        let mut turns = Turns { interval: 2, ..Turns::default() };
        turns.next(&mut plan([1.0; PATCHES], 1.0));
        turns.next(&mut plan([1.0; PATCHES], 1.0));
        // The eyes' turn: the mouth moves so far that all of its grid is out of date, and rests when its own turn
        // comes.
        let mut moved = plan([1.0; PATCHES], 1.0);
        assert!(!turns.next(&mut moved)[0]);
        assert_eq!(moved.fresh[0], Fresh::NONE);
        let mut rests = plan([1.0; PATCHES], 0.05);
        assert!(turns.next(&mut rests)[0]);
        assert_eq!(rests.fresh[0].around, 1.0);
        assert!((rests.fresh[0].inside - (1.0 - 0.5 * 0.975)).abs() < 1e-6, "{:?}", rests.fresh);
        // Two small movements add up.
        turns.next(&mut plan([1.0; PATCHES], 0.1));
        let mut second = plan([1.0; PATCHES], 0.1);
        turns.next(&mut second);
        assert!((second.fresh[0].around - 0.19).abs() < 1e-6, "{:?}", second.fresh);
    }
}
