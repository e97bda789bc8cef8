//! Transfer: puts a motion on another person, with that person's own proportions.
//!
//! The [`decoder`] turns wanted coefficients into this person's landmarks, [`expression`] decides which coefficients
//! are wanted and adds the driver's finer detail, [`lids`] and [`lips`] shut eyes and mouth where the driver's are
//! shut, [`unfold`] keeps the skin from folding over, [`limits`] keeps a head turn within the range that a single
//! photo can show, and [`Reenactment`] does all of this over time.

mod authored;
mod bone;
pub mod decoder;
pub mod expression;
pub mod lids;
pub mod limits;
pub mod lips;
mod movable;
mod neutral;
mod options;
pub mod person;
mod pucker;
pub mod reenactment;
pub mod relative;
pub mod unfold;
pub mod visibility;

pub use crate::geometry::pose::turned;
pub use decoder::ExpressionDecoder;
pub use neutral::Calibration;
pub use options::{ExpressionMode, TransferOptions};
pub use person::Person;
pub use reenactment::{LostFace, Reenactment, ReenactmentOptions};
