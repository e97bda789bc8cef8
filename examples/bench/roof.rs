//! What a device can do at most, measured.

use std::fmt::{self, Display, Formatter};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use ritratto::catalog::convolutions;
use ritratto::gpu::Gpu;
use ritratto::nets::{Cost, GpuNet, Kernels, Net};

/// Measured peaks of a device.
pub struct Roof {
    /// Floating-point operations a second.
    pub flop: f64,
    /// Bytes a second.
    pub bytes: f64,
}

/// Length of the arrays that are copied, numbers: far more than any cache holds.
const NUMBERS: usize = 16 << 20;

impl Roof {
    /// Of one core: the best of many runs of convolutions by the same kernels whose numbers stay in the second
    /// cache, and of copies of arrays that fit no cache.
    pub fn of_cpu() -> Result<Self> {
        // The picture has 25 rows, no multiple of four: so it is summed in the plain way, not by Winograd's method,
        // which would save products.
        let graph = convolutions([25, 24, 64], 8);
        let net = Net::on_one_thread(&graph)?;
        let (input, mut output) = (vec![1.0; 25 * 24 * 64], vec![0.0; net.output_len()]);
        let mut best = f64::MAX;
        for _ in 0..200 {
            let start = Instant::now();
            net.run(&[&input], &mut output)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        let flop = graph.cost().flop as f64 / best;
        let (from, mut to) = (vec![1.0_f32; NUMBERS], vec![0.0_f32; NUMBERS]);
        let mut best = f64::MAX;
        for _ in 0..8 {
            let start = Instant::now();
            to.copy_from_slice(black_box(&from));
            black_box(&to);
            best = best.min(start.elapsed().as_secs_f64());
        }
        Ok(Self { flop, bytes: (2 * NUMBERS * size_of::<f32>()) as f64 / best })
    }

    /// Of a GPU: the best of several runs of large convolutions by the same kernels, and of copies of buffers.
    pub fn of_gpu(gpu: &Gpu, kernels: &Arc<Kernels>) -> Result<Self> {
        let graph = convolutions([64, 64, 64], 2);
        let net = GpuNet::new(&graph, gpu, kernels, 1)?;
        let flop = graph.cost().flop as f64 / best_on(gpu, 6, |encoder| net.record(encoder))?;
        let size = (NUMBERS * size_of::<f32>()) as u64;
        let [from, to] = [wgpu::BufferUsages::COPY_SRC, wgpu::BufferUsages::COPY_DST].map(|usage| {
            let label = Some("peak");
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false })
        });
        let seconds = best_on(gpu, 8, |encoder| encoder.copy_buffer_to_buffer(&from, 0, &to, 0, size))?;
        Ok(Self { flop, bytes: 2.0 * size as f64 / seconds })
    }

    /// The least time for this work.
    pub fn seconds(&self, cost: &Cost) -> f64 {
        (cost.flop as f64 / self.flop).max(cost.bytes as f64 / self.bytes)
    }
}

/// The shortest of several runs of what is recorded, until the GPU is done, seconds.
pub fn best_on(gpu: &Gpu, runs: usize, record: impl Fn(&mut wgpu::CommandEncoder)) -> Result<f64> {
    best(runs, || {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("peak") });
        record(&mut encoder);
        gpu.queue.submit([encoder.finish()]);
        gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
        Ok(())
    })
}

/// The shortest of several runs, seconds.
pub fn best(runs: usize, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}

impl Display for Roof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} GFLOP/s, {:.1} GB/s", self.flop / 1e9, self.bytes / 1e9)
    }
}

/// Name and cores of the processor.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    format!("{}, {cores} cores", name.map_or("unnamed processor", |(_, name)| name.trim()))
}
