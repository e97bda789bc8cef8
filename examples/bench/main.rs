//! Prints how fast each net is with Burn's kernels and with our own: `cargo run --release --example bench -- cpu`.
//!
//! Both run in turns in the same process, so that what else the machine does slows both. Times are medians with the
//! quartiles; the ratio is that of the medians. On a GPU, what Burn leaves in the queue when it has its answer is waited
//! for before our turn. Work is counted from the graph: two operations for each product that is added, and the bytes of
//! every step's values and weights, moved once. The share is that of the faster of the two at the roofline: the time in
//! which the device's measured peak would do the work or move the bytes, whichever is longer, over the time it took.
//! Beside that stands what a run takes on the GPU when many are in its queue and nothing is read back before the last.
//! `draw` does the same with the generator on the CPU and on the adapter, `frame` times a whole driven frame on the
//! adapter, and `profile` each step of the nets there.

mod draw;
mod frame;
mod profile;
mod roof;
mod times;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use pollster::block_on;
use ritratto::catalog::{Specimen, specimens};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::nets::{GpuNet, Kernels, Net};
use roof::{Roof, best, best_on};
use times::{Spread, in_turns};

fn main() -> Result<()> {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.is_empty() {
        wanted.push("cpu".into());
    }
    let models = Models::from_folder(&repository().join("models"))?;
    println!("machine: {}", roof::machine());
    let mut failed = false;
    for name in &wanted {
        let measured = match name.as_str() {
            "cpu" => cpu(&models),
            "gpu" => gpu(&models),
            "draw" => draw::run(&models),
            "frame" => frame::run(&models),
            "profile" => profile::run(&models),
            other => bail!("{other} is nothing to measure: use cpu, gpu, draw, frame or profile"),
        };
        // The others can be measured all the same.
        if let Err(error) = measured {
            println!("{name} could not be measured: {error:#}");
            failed = true;
        }
    }
    if failed { bail!("not everything was measured") } else { Ok(()) }
}

/// Where models and samples are: in the repository that this was built from, or where that is on another machine, here.
fn repository() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    if built.join("models").is_dir() { built.into() } else { PathBuf::from(".") }
}

fn cpu(models: &Models) -> Result<()> {
    let roof = Roof::of_cpu()?;
    println!("\nCPU, Burn on all cores, our kernels on one and on all; peak of one core: {roof}");
    heading(&format!("{:>22} {:>6}", "ours on all, ms", "ratio"));
    for specimen in specimens(models, &Device::flex())? {
        let (net, threaded) = (Net::on_one_thread(&specimen.graph)?, Net::on_cpu(&specimen.graph)?);
        let inputs: Vec<&[f32]> = specimen.inputs.iter().map(Vec::as_slice).collect();
        let mut results = vec![0.0; net.output_len()];
        let mut more = results.clone();
        let mut own = || Ok(net.run(&inputs, &mut results)?);
        let mut all = || Ok(threaded.run(&inputs, &mut more)?);
        let mut stock = || {
            specimen.stock().into_data();
            Ok(())
        };
        let [stock, own, all] = in_turns([&mut stock, &mut own, &mut all], || Ok(()))?;
        let gain = stock.median / all.median;
        row(&specimen, &stock, &own, &roof, &format!("{:>22} {gain:>6.1}", all.to_string()));
    }
    Ok(())
}

/// Runs that are queued at once: on a GPU, and on one in software.
const QUEUED: [u32; 2] = [50, 2];
/// How often a queue is filled.
const ROUNDS: usize = 8;

fn gpu(models: &Models) -> Result<()> {
    let gpu = block_on(Gpu::open())?;
    let kernels = Arc::new(Kernels::new(&gpu));
    let roof = Roof::of_gpu(&gpu, &kernels)?;
    println!("\n{}, read-back and all; peak: {roof}", gpu.describe());
    let device = gpu.burn_device()?;
    let runs = QUEUED[usize::from(gpu.is_software())];
    heading(&format!("{:>22}", format!("{runs} queued, ms a run")));
    for specimen in specimens(models, &device)? {
        let net = GpuNet::new(&specimen.graph, &gpu, &kernels, 1)?;
        for (index, input) in specimen.inputs.iter().enumerate() {
            net.write(index, 0, input)?;
        }
        let mut own = || {
            block_on(net.run())?;
            Ok(())
        };
        let mut stock = || {
            specimen.stock().into_data();
            Ok(())
        };
        let settle = || Ok(gpu.device.poll(wgpu::PollType::wait_indefinitely()).map(|_| ())?);
        let [stock, own] = in_turns([&mut stock, &mut own], settle)?;
        let queued_stock = best(ROUNDS, || {
            (0..runs).for_each(|_| drop(specimen.stock()));
            device.sync().map_err(|error| anyhow!("Burn: {error}"))
        })?;
        let queued = best_on(&gpu, ROUNDS, |encoder| (0..runs).for_each(|_| net.record(encoder)))?;
        let [queued_stock, queued] = [queued_stock, queued].map(|seconds| 1e3 * seconds / f64::from(runs));
        row(&specimen, &stock, &own, &roof, &format!("{:>22}", format!("{queued_stock:.3}, {queued:.3}")));
    }
    println!("{} pipelines", kernels.count());
    Ok(())
}

/// `more` is the heading of another column, if there is one.
fn heading(more: &str) {
    println!(
        "{:<16} {:>22} {:>22} {:>7} {:>8} {:>8} {:>6}{more}",
        "net", "Burn, ms", "ours, ms", "ratio", "MFLOP", "MB", "share"
    );
}

fn row(specimen: &Specimen, stock: &Spread, own: &Spread, roof: &Roof, more: &str) {
    let cost = specimen.graph.cost();
    println!(
        "{:<16} {:>22} {:>22} {:>7.1} {:>8.1} {:>8.1} {:>5.0}%{more}",
        specimen.name,
        stock.to_string(),
        own.to_string(),
        stock.median / own.median,
        cost.flop as f64 / 1e6,
        cost.bytes as f64 / 1e6,
        100.0 * roof.seconds(&cost) / own.median,
    );
}
