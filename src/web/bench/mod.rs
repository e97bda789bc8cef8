//! Timing of single nets and single stages in a page, for `cargo xtask bench --web`. Only the feature `bench`
//! brings it in.

mod frame;
mod nets;
