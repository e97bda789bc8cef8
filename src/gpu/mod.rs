//! The GPU: one device that is shared by the nets and the renderer.

pub mod answer;
#[cfg(not(target_arch = "wasm32"))]
mod burn_device;
mod faults;
mod readback;

use image::RgbaImage;

use crate::error::{Error, Result};
use answer::Answer;
use faults::Faults;

/// One wgpu device with its queue.
#[derive(Debug, Clone)]
pub struct Gpu {
    /// The instance, for making surfaces.
    pub instance: wgpu::Instance,
    /// The adapter.
    pub adapter: wgpu::Adapter,
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    faults: Faults,
    #[cfg(not(target_arch = "wasm32"))]
    burn: burn_device::Registered,
}

impl Gpu {
    /// Opens the best adapter (hardware first, software otherwise).
    ///
    /// The device gets all limits and all stable features of its adapter: our kernels are chosen by the device's
    /// features, and Burn's runtime decides by those of the adapter which its kernels may use.
    ///
    /// # Errors
    /// [`Error::NoGpu`].
    pub async fn open() -> Result<Self> {
        let instance = instance();
        let adapter = match request(&instance, false).await {
            Ok(adapter) => adapter,
            // A browser hands out its software adapter only when it is asked for by name.
            Err(first) => request(&instance, true).await.map_err(|_| first)?,
        };
        Self::on(instance, adapter).await
    }

    /// Opens the best adapter, unless it is software on the CPU: for callers that then do better without a GPU.
    ///
    /// # Errors
    /// [`Error::NoGpu`].
    pub async fn open_hardware() -> Result<Self> {
        let instance = instance();
        let adapter = request(&instance, false).await?;
        if is_software(&adapter.get_info()) {
            return Err(Error::NoGpu { reason: "the CPU would have to play it".into() });
        }
        Self::on(instance, adapter).await
    }

    /// Opens the device.
    async fn on(instance: wgpu::Instance, adapter: wgpu::Adapter) -> Result<Self> {
        let limits = adapter.limits();
        if limits.max_compute_invocations_per_workgroup == 0 {
            return Err(Error::NoGpu { reason: format!("{} has no compute shaders", adapter.get_info().name) });
        }
        let unwanted = wgpu::Features::all_experimental_mask() | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("ritratto"),
                required_features: adapter.features().difference(unwanted),
                required_limits: limits,
                // Buffers are made once and kept.
                memory_hints: wgpu::MemoryHints::MemoryUsage,
                ..Default::default()
            })
            .await
            .map_err(|error| Error::NoGpu { reason: error.to_string() })?;
        let faults = Faults::default();
        faults.watch(&device);
        Ok(Self {
            instance,
            adapter,
            device,
            queue,
            faults,
            #[cfg(not(target_arch = "wasm32"))]
            burn: burn_device::Registered::default(),
        })
    }

    /// Name and kind of the adapter, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        let info = self.adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete GPU",
            wgpu::DeviceType::IntegratedGpu => "integrated GPU",
            wgpu::DeviceType::VirtualGpu => "virtual GPU",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "GPU",
        };
        // Browsers do not tell the adapter's name.
        let name = [info.name, info.driver].into_iter().find(|name| !name.is_empty());
        format!("{} ({kind}, {})", name.unwrap_or_else(|| "unnamed adapter".into()), info.backend)
    }

    /// Whether the adapter draws on the CPU, so that nothing will be fast.
    #[must_use]
    pub fn is_software(&self) -> bool {
        is_software(&self.adapter.get_info())
    }

    /// What the device reported since the last call: a lost device stays an error for good,
    /// a refused piece of work is reported once.
    #[must_use]
    pub fn take_error(&self) -> Option<Error> {
        self.faults.take().map(|reason| Error::Gpu { reason })
    }

    /// An answer that comes when all work given to the queue so far is done: at the first poll of the
    /// device after that. A browser polls by itself.
    pub fn done(&self) -> Answer<()> {
        let (done, fill) = Answer::expected();
        self.queue.on_submitted_work_done(move || fill(()));
        done
    }

    /// Copies an `Rgba8Unorm` texture (usage `COPY_SRC`) back to the CPU.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails, or the texture has another format.
    pub async fn read(&self, texture: &wgpu::Texture) -> Result<RgbaImage> {
        let image = readback::read(&self.device, &self.queue, texture).await;
        self.take_error().map_or(image, Err)
    }

    /// Reads a buffer of numbers (usage `MAP_READ`) on the CPU.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn read_buffer(&self, buffer: &wgpu::Buffer) -> Result<Vec<f32>> {
        let numbers = readback::numbers(&self.device, buffer).await;
        self.take_error().map_or(numbers, Err)
    }
}

fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        // Vulkan, Metal, Direct3D 12 and WebGPU, on which the kernels run well.
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
}

fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || name.contains("swiftshader") || name.contains("llvmpipe")
}

async fn request(instance: &wgpu::Instance, software: bool) -> Result<wgpu::Adapter> {
    instance
        .request_adapter(&wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            force_fallback_adapter: software,
            ..Default::default()
        })
        .await
        .map_err(|error| Error::NoGpu { reason: error.to_string() })
}
