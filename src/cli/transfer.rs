//! Options of the transfer on the command line.

use clap::{Args, ValueEnum};
use ritratto::transfer::{ExpressionMode, TransferOptions};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The portrait shows the driver's expression
    Absolute,
    /// The photo's expression changes as the driver's does
    Relative,
}

/// What is carried over, and how strongly.
#[derive(Args)]
pub struct TransferArgs {
    /// What the expression is measured against
    #[arg(long, value_enum, default_value_t = Mode::Absolute)]
    mode: Mode,
    /// Strength of the expression, 0 to 2
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = strength)]
    expression: f64,
    /// Strength of the head's motion, 0 to 2
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = strength)]
    pose: f64,
    /// Strength of lids and gaze, 0 to 2
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = strength)]
    eyes: f64,
    /// Strength of mouth and jaw, 0 to 2
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = strength)]
    lips: f64,
    /// Swap left and right
    #[arg(long)]
    mirror: bool,
}

impl TransferArgs {
    /// As the library takes them.
    pub fn options(&self) -> TransferOptions {
        let mode = match self.mode {
            Mode::Absolute => ExpressionMode::Absolute,
            Mode::Relative => ExpressionMode::Relative,
        };
        let Self { expression, pose, eyes, lips, mirror, .. } = *self;
        TransferOptions { mode, expression, pose, eyes, lips, mirror }
    }
}

fn strength(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=TransferOptions::LIMIT).contains(&value) => Ok(value),
        _ => Err("not a number from 0 to 2".into()),
    }
}
