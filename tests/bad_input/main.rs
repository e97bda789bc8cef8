//! Bad input ends in a typed error or a sensible result, and nothing panics:
//! damaged, odd and hostile files at every parser, and random bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod models;
mod motion;
mod photo;

use proptest::sample::Index;

/// A valid file with some of its bytes changed and its end cut off.
fn damage(mut bytes: Vec<u8>, changes: &[(Index, u8)], keep: Option<Index>) -> Vec<u8> {
    for (at, value) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(keep) = keep {
        bytes.truncate(keep.index(bytes.len()) + 1);
    }
    bytes
}
