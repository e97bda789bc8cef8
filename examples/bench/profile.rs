//! Where a GPU's time goes: each step of the nets by itself.

use std::sync::Arc;

use anyhow::{Result, bail};
use burn::tensor::Device;
use pollster::block_on;
use ritratto::catalog::{Specimen, specimens};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::nets::graph::{Activation, Skip, Step};
use ritratto::nets::{GpuNet, Graph, Kernels};

use super::roof::{Roof, best_on};

/// Runs that are measured: on a GPU, and on one in software.
const RUNS: [usize; 2] = [15, 3];
/// Runs before each measured run that keep the device busy: on a GPU, and on one in software.
const BEFORE: [usize; 2] = [10, 1];
/// The net that the program runs on two pictures at once.
const PAIRED: &str = "refiner, eye";

/// Prints for each net how long its steps take on the adapter, with steps of one kind and size added up. Every step has
/// a pass of its own here, so their sum is more than the time of a normal run, in which all steps share one pass.
pub fn run(models: &Models) -> Result<()> {
    let gpu = block_on(Gpu::open())?;
    if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
        bail!("{} has no timestamps", gpu.describe());
    }
    let kernels = Arc::new(Kernels::new(&gpu));
    println!("\n{}; peak: {}", gpu.describe(), Roof::of_gpu(&gpu, &kernels)?);
    for specimen in specimens(models, &Device::flex())? {
        let pictures = if specimen.name == PAIRED { 2 } else { 1 };
        let net = GpuNet::new(&specimen.graph, &gpu, &kernels, pictures)?;
        for picture in 0..pictures {
            for (index, input) in specimen.inputs.iter().enumerate() {
                net.write(index, picture, input)?;
            }
        }
        profile(&gpu, &specimen, &net, pictures)?;
    }
    Ok(())
}

fn profile(gpu: &Gpu, specimen: &Specimen, net: &GpuNet, pictures: usize) -> Result<()> {
    let graph = &specimen.graph;
    let kind = usize::from(gpu.is_software());
    let timer = Timer::new(gpu, graph.steps().len());
    let runs = (0..RUNS[kind]).map(|_| timer.time(gpu, net, BEFORE[kind])).collect::<Result<Vec<_>>>()?;
    let alone = best_on(gpu, RUNS[kind], |encoder| (0..BEFORE[kind]).for_each(|_| net.record(encoder)))?;
    let median = |step: usize| {
        let mut times: Vec<f64> = runs.iter().filter_map(|times| times.get(step).copied()).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let mut rows: Vec<Row> = Vec::new();
    for (index, step) in graph.steps().iter().enumerate() {
        let (name, cost) = (describe(graph, step), graph.cost_of(step));
        let found = rows.iter().position(|row| row.name == name);
        let at = found.unwrap_or_else(|| {
            rows.push(Row { name, ..Row::default() });
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(at) {
            row.count += 1;
            row.seconds += median(index);
            row.flop += cost.flop * pictures as u64;
            row.bytes += cost.bytes * pictures as u64;
        }
    }
    rows.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let all: f64 = rows.iter().map(|row| row.seconds).sum();
    println!(
        "\n{}, pictures: {pictures}, steps: {}, each by itself {:.1} us together; in a queue of {} runs {:.1} us a run",
        specimen.name,
        graph.steps().len(),
        1e6 * all,
        BEFORE[kind],
        1e6 * alone / BEFORE[kind] as f64,
    );
    println!(
        "{:>5} {:<56} {:>9} {:>9} {:>6} {:>9} {:>7}",
        "times", "step", "us each", "us", "share", "GFLOP/s", "GB/s"
    );
    for row in &rows {
        row.print(all);
    }
    Ok(())
}

/// Steps of one kind and size.
#[derive(Default)]
struct Row {
    name: String,
    count: usize,
    seconds: f64,
    flop: u64,
    bytes: u64,
}

impl Row {
    fn print(&self, all: f64) {
        println!(
            "{:>5} {:<56} {:>9.1} {:>9.1} {:>5.1}% {:>9.1} {:>7.1}",
            self.count,
            self.name,
            1e6 * self.seconds / self.count as f64,
            1e6 * self.seconds,
            100.0 * self.seconds / all,
            self.flop as f64 / self.seconds / 1e9,
            self.bytes as f64 / self.seconds / 1e9,
        );
    }
}

/// Kind and sizes of a step.
fn describe(graph: &Graph, step: &Step) -> String {
    let mut kind = match step {
        Step::Convolution(conv) => format!("{0}x{0}/{1}", conv.window.side, conv.window.stride),
        Step::Depthwise(conv) => format!("each {0}x{0}/{1}", conv.window.side, conv.window.stride),
        Step::Double { .. } => "double".into(),
        Step::Normalise { .. } => "normalise".into(),
        Step::Turn { .. } => "turn".into(),
    };
    let size = |value| {
        let size = graph.size(value);
        format!("{}x{}x{}", size.height, size.width, size.channels)
    };
    let from = step.reads().first().map(|&value| size(value)).unwrap_or_default();
    kind += &format!(" {from} > {}", size(step.to()));
    if let Step::Convolution(conv) = step {
        let marks = [
            (conv.rectify, " rectified"),
            (conv.film.is_some(), " film"),
            (matches!(conv.skip, Some(Skip::Same(_))), " skip"),
            (matches!(conv.skip, Some(Skip::Halved(_))), " halved skip"),
            (conv.activation == Activation::Relu, " relu"),
            (matches!(conv.activation, Activation::Prelu(_)), " prelu"),
            (conv.activation == Activation::Sigmoid, " sigmoid"),
        ];
        kind.extend(marks.into_iter().filter(|(shown, _)| *shown).map(|(_, mark)| mark));
    }
    kind
}

/// Two queries a step, and the way of their answers.
struct Timer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    back: wgpu::Buffer,
    steps: usize,
}

impl Timer {
    fn new(gpu: &Gpu, steps: usize) -> Self {
        let count = 2 * steps as u32;
        let label = Some("timer");
        let queries =
            gpu.device.create_query_set(&wgpu::QuerySetDescriptor { label, ty: wgpu::QueryType::Timestamp, count });
        let size = u64::from(count) * size_of::<u64>() as u64;
        let buffer =
            |usage| gpu.device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false });
        let resolved = buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let back = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        Self { queries, resolved, back, steps }
    }

    /// Seconds that each step of a run takes, after `before` runs that are not measured.
    fn time(&self, gpu: &Gpu, net: &GpuNet, before: usize) -> Result<Vec<f64>> {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("timer") });
        (0..before).for_each(|_| net.record(&mut encoder));
        net.record_timed(&mut encoder, &self.queries);
        encoder.resolve_query_set(&self.queries, 0..2 * self.steps as u32, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.back, 0, self.back.size());
        gpu.queue.submit([encoder.finish()]);
        // The result of the mapping is not looked at: if it is refused, asking for its range fails.
        self.back.map_async(wgpu::MapMode::Read, .., |_| ());
        gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
        let view = self.back.get_mapped_range(..)?;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&view);
        drop(view);
        self.back.unmap();
        let tick = f64::from(gpu.queue.get_timestamp_period()) * 1e-9;
        Ok(ticks.chunks_exact(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64 * tick).collect())
    }
}
