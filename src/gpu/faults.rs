//! Faults that a device reports outside any call: refused work and its own loss.

use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
struct Reported {
    /// The message of the first work that was refused since the last call of [`Faults::take`]. Later ones are
    /// consequences of it and are not kept.
    refused: Option<String>,
    /// Why the device was lost.
    lost: Option<String>,
}

/// Keeps what the device reports instead of panicking, as wgpu would by itself.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    reported: Arc<Mutex<Reported>>,
}

impl Faults {
    /// Installs the handlers on `device`, in place of those that are there.
    pub fn watch(&self, device: &wgpu::Device) {
        let faults = self.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| faults.refuse(error.to_string())));
        let faults = self.clone();
        device.set_device_lost_callback(move |reason, message| {
            // A device that its owner has destroyed is not a fault.
            if reason != wgpu::DeviceLostReason::Destroyed {
                faults.lose(format!("the device was lost: {message}"));
            }
        });
    }

    fn refuse(&self, message: String) {
        log::error!("the GPU refused work: {message}");
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).refused.get_or_insert(message);
    }

    fn lose(&self, message: String) {
        log::error!("{message}");
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).lost.get_or_insert(message);
    }

    /// The loss of the device if it is lost, otherwise the first refused work since the last call.
    pub fn take(&self) -> Option<String> {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = reported.refused.take();
        reported.lost.clone().or(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_work_is_told_once_and_loss_for_good() {
        let faults = Faults::default();
        assert_eq!(faults.take(), None);
        faults.refuse("first".into());
        faults.refuse("second".into());
        assert_eq!(faults.take().as_deref(), Some("first"));
        assert_eq!(faults.take(), None);
        faults.lose("gone".into());
        assert_eq!(faults.take().as_deref(), Some("gone"));
        assert_eq!(faults.take().as_deref(), Some("gone"));
    }
}
