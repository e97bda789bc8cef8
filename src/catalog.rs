//! Every net of the program with Burn's kernels and with our own, on the same made-up input: for benchmarks and for
//! the tests that compare the two.

use burn::tensor::{Device, Tensor, TensorData};

use crate::encoder::nets::{BlendshapeNet, DetectorNet, LandmarkNet, POINTS, prepared, rate};
use crate::error::Result;
use crate::models::{Models, load_net};
use crate::nets::Graph;
use crate::nets::graph::{Size, Window};
use crate::refiner::code::CODE;
use crate::refiner::masks::MASKS;
use crate::refiner::net::RGB;
use crate::refiner::{FILE, Nets, Part};

/// A net as Burn computes it.
type Stock = Box<dyn Fn() -> Tensor<1>>;

/// One net with its input.
pub struct Specimen {
    /// What it is.
    pub name: &'static str,
    /// The same net for our own kernels.
    pub graph: Graph,
    /// The values of the graph's inputs.
    pub inputs: Vec<Vec<f32>>,
    /// Brings the graph's results into the order of Burn's.
    pub arrange: fn(&mut Vec<f32>),
    stock: Stock,
}

impl std::fmt::Debug for Specimen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Specimen").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Specimen {
    /// Burn's result, still on the device.
    #[must_use]
    pub fn stock(&self) -> Tensor<1> {
        (self.stock)()
    }
}

/// All nets that run once a frame, and the detector. Burn's kernels run on `device`.
///
/// # Errors
/// [`Error::ModelMissing`](crate::Error::ModelMissing), [`Error::ModelCorrupt`](crate::Error::ModelCorrupt).
pub fn specimens(models: &Models, device: &Device) -> Result<Vec<Specimen>> {
    Ok(vec![
        detector(models, device)?,
        landmarks(models, device)?,
        blendshapes(models, device)?,
        refiner(models, device, Part::Mouth)?,
        refiner(models, device, Part::RightEye)?,
    ])
}

/// Some 3 x 3 convolutions of a picture of this height, width and number of channels, one after the other: what the kernels do
/// best, to find a device's peak.
#[must_use]
pub fn convolutions([height, width, channels]: [usize; 3], count: usize) -> Graph {
    let mut graph = Graph::default();
    let mut x = graph.input(Size::new(height, width, channels));
    for _ in 0..count {
        let weights = (0..9 * channels * channels).map(|k| (k % 7) as f32 * 1e-3).collect();
        let conv = graph.windowed(x, Window::same(3, 1), weights, vec![0.0; channels]);
        x = graph.convolve(conv);
    }
    graph.output(x);
    graph
}

fn detector(models: &Models, device: &Device) -> Result<Specimen> {
    let loaded = |device: &Device| load_net(DetectorNet::new(device), models, "face_detector.safetensors");
    let net = loaded(device)?;
    let graph = loaded(&Device::flex())?.graph()?;
    let pixels = noise(128 * 128 * 3, [-1.0, 1.0]);
    let input = Tensor::<4>::from_data(TensorData::new(pixels.clone(), [1, 128, 128, 3]), device);
    let stock: Stock = Box::new(move || net.forward(input.clone()).reshape([-1]));
    Ok(Specimen { name: "detector", graph, inputs: vec![pixels], arrange: |rows| rate(rows), stock })
}

fn landmarks(models: &Models, device: &Device) -> Result<Specimen> {
    let loaded = |device: &Device| load_net(LandmarkNet::new(device), models, "face_landmarks.safetensors");
    let net = loaded(device)?;
    let graph = loaded(&Device::flex())?.graph()?;
    let pixels = noise(256 * 256 * 3, [0.0, 1.0]);
    let input = Tensor::<4>::from_data(TensorData::new(pixels.clone(), [1, 256, 256, 3]), device);
    let stock: Stock = Box::new(move || {
        let (points, [presence, tongue]) = net.forward(input.clone());
        Tensor::cat(vec![points.reshape([-1]), presence, tongue], 0)
    });
    Ok(Specimen { name: "landmarks", graph, inputs: vec![pixels], arrange: |_| (), stock })
}

fn blendshapes(models: &Models, device: &Device) -> Result<Specimen> {
    let loaded = |device: &Device| load_net(BlendshapeNet::new(device), models, "face_blendshapes.safetensors");
    let net = loaded(device)?;
    let graph = loaded(&Device::flex())?.graph()?;
    let values = noise(2 * POINTS.len(), [0.0, 200.0]);
    let points: Vec<[f32; 2]> = values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    let input = Tensor::<2>::from_data(TensorData::new(values, [POINTS.len(), 2]), device);
    let stock: Stock = Box::new(move || net.forward(input.clone()));
    Ok(Specimen { name: "blendshapes", graph, inputs: vec![prepared(&points)], arrange: |_| (), stock })
}

fn refiner(models: &Models, device: &Device, part: Part) -> Result<Specimen> {
    let loaded = |device: &Device| -> Result<_> {
        let nets = load_net(Nets::new(device), models, FILE)?;
        Ok(if part == Part::Mouth { nets.mouth } else { nets.eye })
    };
    let (net, side) = (loaded(device)?, part.side());
    let graph = loaded(&Device::flex())?.graph(side)?;
    let inputs: Vec<Vec<f32>> =
        graph.inputs().iter().map(|value| noise(graph.size(*value).len(), [0.0, 1.0])).collect();
    let channels = RGB + MASKS;
    let picture = |from: usize, count: usize| -> Tensor<4> {
        let values: Vec<f32> =
            inputs[0].chunks(channels).flat_map(|pixel| pixel[from..from + count].to_vec()).collect();
        Tensor::<4>::from_data(TensorData::new(values, [1, side, side, count]), device).permute([0, 3, 1, 2])
    };
    let (rendered, masks) = (picture(0, RGB), picture(RGB, MASKS));
    let code = Tensor::<2>::from_data(TensorData::new(inputs[1].clone(), [1, CODE]), device);
    let features = [2, 3, 4].map(|k| {
        let size = graph.size(graph.inputs()[k]);
        let data = TensorData::new(inputs[k].clone(), [1, size.height, size.width, size.channels]);
        Tensor::<4>::from_data(data, device).permute([0, 3, 1, 2])
    });
    let stock: Stock =
        Box::new(move || net.forward(rendered.clone(), masks.clone(), &features, code.clone()).reshape([-1]));
    let name = if part == Part::Mouth { "refiner, mouth" } else { "refiner, eye" };
    Ok(Specimen { name, graph, inputs, arrange: |_| (), stock })
}

/// Numbers in this range that look random and are the same every time.
fn noise(count: usize, [low, high]: [f32; 2]) -> Vec<f32> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low + (high - low) * (state >> 8) as f32 / 16_777_216.0
    };
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gpu::Gpu;
    use crate::nets::{GpuNet, Kernels, Lanes, Net};
    use crate::or_skip::or_skip;

    fn assert_alike(specimen: &Specimen, mut found: Vec<f32>, wanted: &[f32]) {
        (specimen.arrange)(&mut found);
        assert_eq!(found.len(), wanted.len(), "{}", specimen.name);
        let largest = wanted.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
        let worst = found.iter().zip(wanted).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{} is off by {worst}", specimen.name);
    }

    #[test]
    fn our_kernels_on_the_gpu_compute_what_burn_does() {
        let Some(gpu) = or_skip(pollster::block_on(Gpu::open())) else { return };
        let models = Models::from_folder("models".as_ref()).unwrap();
        let specimens = specimens(&models, &Device::flex()).unwrap();
        for kernels in [Lanes::Many, Lanes::Few].map(|lanes| Arc::new(Kernels::cut_for(lanes, &gpu.device))) {
            for specimen in &specimens {
                let wanted = specimen.stock().into_data().try_to_vec::<f32>().unwrap();
                let net = GpuNet::new(&specimen.graph, &gpu, &kernels, 2).unwrap();
                for (index, input) in specimen.inputs.iter().enumerate() {
                    // Only the second picture is asked about; the first is another one.
                    net.write(index, 0, &vec![0.5; input.len()]).unwrap();
                    net.write(index, 1, input).unwrap();
                }
                let found = pollster::block_on(net.run()).unwrap();
                assert_alike(specimen, found[found.len() / 2..].to_vec(), &wanted);
            }
            assert!(kernels.count() > 0);
        }
    }

    #[test]
    fn our_kernels_compute_what_burn_does() {
        let models = Models::from_folder("models".as_ref()).unwrap();
        for specimen in specimens(&models, &Device::flex()).unwrap() {
            let wanted = specimen.stock().into_data().try_to_vec::<f32>().unwrap();
            let net = Net::on_cpu(&specimen.graph).unwrap();
            let mut found = vec![0.0; net.output_len()];
            let inputs: Vec<&[f32]> = specimen.inputs.iter().map(Vec::as_slice).collect();
            // Twice: what a run leaves behind must not matter.
            net.run(&inputs, &mut found).unwrap();
            net.run(&inputs, &mut found).unwrap();
            assert_alike(&specimen, found, &wanted);
        }
    }
}
