//! Burn's kernels on the device that nets and renderer share.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;

use super::Gpu;
use crate::error::{Error, Result};

/// Burn's handle of the device, once it has been registered there.
pub(super) type Registered = Arc<Mutex<Option<Device>>>;

impl Gpu {
    /// The Burn device that shares this device and queue. It is registered once.
    ///
    /// # Errors
    /// [`Error::Gpu`] when Burn's runtime refuses the device.
    pub fn burn_device(&self) -> Result<Device> {
        let mut registered = self.burn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = &*registered {
            return Ok(device.clone());
        }
        let setup = burn::tensor::wgpu::WgpuSetup {
            instance: self.instance.clone(),
            adapter: self.adapter.clone(),
            device: self.device.clone(),
            queue: self.queue.clone(),
            backend: self.adapter.get_info().backend,
        };
        let device =
            Device::wgpu_options().setup(setup).init().map_err(|error| Error::Gpu { reason: error.to_string() })?;
        // Burn's runtime installs handlers that panic; ours keep the error for `take_error`.
        self.faults.watch(&self.device);
        *registered = Some(device.clone());
        Ok(device)
    }
}
