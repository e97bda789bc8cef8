//! The built-in motions, one file each.
//!
//! Eyes jump in 60 ms and lead the head, which follows over half a second while they turn back. Coefficients
//! are meant as a face tracker would give them, also where the mean face's basis barely shows them (a sneer, puffed cheeks).

mod grimace;
mod kiss;
mod laugh;
mod look_around;
mod nod_and_shake;
mod sleepy;
mod smile;
mod surprise;
mod talking;
mod wink;

use super::script::Script;

/// Names, in the order of [`MOTIONS`].
pub(super) const NAMES: &[&str] =
    &["talking", "smile", "laugh", "surprise", "wink", "kiss", "look-around", "nod-and-shake", "sleepy", "grimace"];

/// The motions.
pub(super) const MOTIONS: &[Script] = &[
    talking::TALKING,
    smile::SMILE,
    laugh::LAUGH,
    surprise::SURPRISE,
    wink::WINK,
    kiss::KISS,
    look_around::LOOK_AROUND,
    nod_and_shake::NOD_AND_SHAKE,
    sleepy::SLEEPY,
    grimace::GRIMACE,
];
