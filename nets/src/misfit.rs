//! What can be wrong with a net.

/// A net, or what is given to it, does not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(
    /// What does not fit.
    pub &'static str,
);

/// Or why a net cannot be had or run.
pub type Result<T> = std::result::Result<T, Misfit>;
