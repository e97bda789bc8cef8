//! Tensors on the shared device as buffers: passes of our own take numbers from them and give numbers to them
//! without a way over the CPU.

use burn::cubecl::wgpu::WgpuServer;
use burn::tensor::Tensor;
use burn_wgpu::{AutoCompiler, Wgpu, WgpuResource, into_contiguous};

use crate::error::{Error, Result};

/// Where a tensor of f32 lies, row by row.
#[derive(Debug)]
pub struct TensorBuffer {
    resource: WgpuResource,
    // Keeps the place from being given to another tensor.
    _tensor: burn_wgpu::CubeTensor,
}

impl TensorBuffer {
    /// The place of a tensor of the device that [`Gpu::burn_device`](super::Gpu::burn_device) gives. Work on the
    /// tensor that was asked for before is given to the queue.
    ///
    /// # Errors
    /// [`Error::Gpu`] for a tensor elsewhere.
    pub fn of<const D: usize>(tensor: Tensor<D>) -> Result<Self> {
        let refused = |reason: String| Error::Gpu { reason };
        let tensor = tensor.try_into_primitive::<Wgpu>().map_err(|error| refused(format!("{error:?}")))?;
        let tensor = into_contiguous(tensor);
        let client = tensor.client.clone();
        let resource = client
            .get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone())
            .map_err(|error| refused(error.to_string()))?
            .resource()
            .clone();
        client.flush().map_err(|error| refused(error.to_string()))?;
        Ok(Self { resource, _tensor: tensor })
    }

    /// Records a copy of `bytes` bytes of `source`, from `start` on, into the tensor.
    pub fn copy_from(&self, encoder: &mut wgpu::CommandEncoder, source: &wgpu::Buffer, start: u64, bytes: u64) {
        encoder.copy_buffer_to_buffer(source, start, &self.resource.buffer, self.resource.offset, bytes);
    }

    /// Records a copy of the tensor's first `bytes` bytes into `target`, from `start` on.
    pub fn copy_to(&self, encoder: &mut wgpu::CommandEncoder, target: &wgpu::Buffer, start: u64, bytes: u64) {
        encoder.copy_buffer_to_buffer(&self.resource.buffer, self.resource.offset, target, start, bytes);
    }
}
