//! Timing of single nets and single stages in a page, for `cargo xtask bench --web`; compiled only with the feature
//! `bench`.

mod frame;
mod nets;
