//! Where work is done: on the GPU or on the CPU.

use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// Where the nets run, or frames are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the GPU, unless there is none or the CPU only plays one in software: the CPU is faster by itself.
    Auto,
    Gpu,
    Cpu,
}

impl Place {
    /// Reads the value of the option with this name.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn of(option: &'static str, value: &str) -> Result<Self> {
        match value {
            "auto" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu),
            "cpu" => Ok(Self::Cpu),
            _ => Err(Error::Option { option, expected: "\"auto\", \"gpu\" or \"cpu\"" }),
        }
    }

    /// The GPU to use for this place: `gpu`, the one that there is, or none.
    pub fn choose(self, gpu: Option<&Gpu>) -> Option<Gpu> {
        let fits = |gpu: &&Gpu| match self {
            Self::Auto => !gpu.is_software(),
            Self::Gpu => true,
            Self::Cpu => false,
        };
        gpu.filter(fits).cloned()
    }
}
