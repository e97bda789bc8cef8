//! Prints how fast each net is with Burn's kernels and with our own: `cargo run --release --example bench -- cpu`.
//!
//! Both run in turns in the same process, so that what else the machine does slows both. Times are medians with the
//! quartiles; the ratio is that of the medians. On a GPU, what Burn leaves in the queue when it has its answer is waited
//! for before our turn. Work is counted from the graph: two operations for each product that is added, and the bytes of
//! every step's values and weights, moved once. The share is that of the faster of the two at the roofline: the time in
//! which the device's measured peak would do the work or move the bytes, whichever is longer, over the time it took.
//! `draw` does the same with the generator on the CPU and on the adapter.

mod draw;
mod roof;
mod times;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use burn::tensor::Device;
use pollster::block_on;
use ritratto::catalog::{Specimen, specimens};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::nets::{GpuNet, Kernels, Net};
use roof::Roof;
use times::{Spread, in_turns};

fn main() -> Result<()> {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.is_empty() {
        wanted.push("cpu".into());
    }
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
    println!("machine: {}", roof::machine());
    for name in &wanted {
        match name.as_str() {
            "cpu" => cpu(&models)?,
            "gpu" => gpu(&models)?,
            "draw" => draw::run(&models)?,
            other => bail!("{other} is nothing to measure: use cpu, gpu or draw"),
        }
    }
    Ok(())
}

fn cpu(models: &Models) -> Result<()> {
    let roof = Roof::of_cpu()?;
    println!("\nCPU, Burn on all cores, our kernels on one; peak of one core: {roof}");
    heading();
    for specimen in specimens(models, &Device::flex())? {
        let net = Net::on_cpu(&specimen.graph)?;
        let inputs: Vec<&[f32]> = specimen.inputs.iter().map(Vec::as_slice).collect();
        let mut results = vec![0.0; net.output_len()];
        let mut own = || Ok(net.run(&inputs, &mut results)?);
        let mut stock = || {
            specimen.stock().into_data();
            Ok(())
        };
        let [stock, own] = in_turns([&mut stock, &mut own], || Ok(()))?;
        row(&specimen, &stock, &own, &roof);
    }
    Ok(())
}

fn gpu(models: &Models) -> Result<()> {
    let gpu = block_on(Gpu::open())?;
    let kernels = Arc::new(Kernels::new(&gpu));
    let roof = Roof::of_gpu(&gpu, &kernels)?;
    println!("\n{}, read-back and all; peak: {roof}", gpu.describe());
    heading();
    for specimen in specimens(models, &gpu.burn_device()?)? {
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
        row(&specimen, &stock, &own, &roof);
    }
    println!("{} pipelines", kernels.count());
    Ok(())
}

fn heading() {
    println!(
        "{:<16} {:>22} {:>22} {:>7} {:>8} {:>8} {:>6}",
        "net", "Burn, ms", "ours, ms", "ratio", "MFLOP", "MB", "share"
    );
}

fn row(specimen: &Specimen, stock: &Spread, own: &Spread, roof: &Roof) {
    let cost = specimen.graph.cost();
    println!(
        "{:<16} {:>22} {:>22} {:>7.1} {:>8.1} {:>8.1} {:>5.0}%",
        specimen.name,
        stock.to_string(),
        own.to_string(),
        stock.median / own.median,
        cost.flop as f64 / 1e6,
        cost.bytes as f64 / 1e6,
        100.0 * roof.seconds(&cost) / own.median,
    );
}
