//! Every kernel against Burn's own operations on random shapes, on the CPU and on the GPU if there is one.

use std::sync::{Arc, LazyLock};

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::graph::{Activation, Depthwise, Film, Graph, POINT, Size, Skip, Step, Value, Window};
use super::{GpuNet, Kernels, Lanes, Net};
use crate::gpu::Gpu;
use crate::or_skip::or_skip;

/// The GPU, if there is one, with kernels cut into pieces for many lanes and for few.
static GPU: LazyLock<Option<(Gpu, [Arc<Kernels>; 2])>> = LazyLock::new(|| {
    let gpu = or_skip(pollster::block_on(Gpu::open()))?;
    let kernels = [Lanes::Many, Lanes::Few].map(|lanes| Arc::new(Kernels::cut_for(lanes, &gpu.device)));
    Some((gpu, kernels))
});

/// Pseudorandom numbers.
struct Noise(u32);

impl Noise {
    fn numbers(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }
}

/// Rows of pixels, channels last, as Burn wants them.
fn tensor(values: &[f32], size: Size) -> Tensor<4> {
    let data = TensorData::new(values.to_vec(), [1, size.height, size.width, size.channels]);
    Tensor::<4>::from_data(data, &Device::flex()).permute([0, 3, 1, 2])
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.permute([0, 2, 3, 1]).into_data().try_to_vec::<f32>().unwrap()
}

/// How far a result may be from Burn's, as a share of the largest number wanted. Tiles changed for Winograd's
/// F(4 x 4, 3 x 3) lose some four bits that plain sums keep (Barabasz et al., *Error analysis and improving the accuracy
/// of Winograd convolution*, 2020): over thousands of random convolutions most are within 1e-5, a few of a hundred
/// thousand numbers are not. A wrong index or weight is off by a tenth or more.
const EXACTNESS: f32 = 4e-5;

/// Asserts that our results are `wanted`: on the CPU and, if `gpu` has kernels, on the GPU.
fn check(graph: &Graph, inputs: &[Vec<f32>], wanted: &[f32], gpu: usize) -> Result<(), TestCaseError> {
    let alike = |found: &[f32], name: &str| {
        prop_assert_eq!(found.len(), wanted.len());
        let largest = wanted.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
        for (k, (a, b)) in found.iter().zip(wanted).enumerate() {
            prop_assert!((a - b).abs() < EXACTNESS * largest, "{name}: {a} for {b} at {k} of {}", wanted.len());
        }
        Ok(())
    };
    let net = Net::on_cpu(graph).unwrap();
    let mut found = vec![0.0; net.output_len()];
    net.run(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut found).unwrap();
    alike(&found, "CPU")?;
    if let Some((gpu, kernels)) = GPU.as_ref().and_then(|(device, kernels)| Some((device, kernels.get(gpu)?))) {
        let net = GpuNet::new(graph, gpu, kernels, 1).unwrap();
        for (index, input) in inputs.iter().enumerate() {
            net.write(index, 0, input).unwrap();
        }
        alike(&pollster::block_on(net.run()).unwrap(), "GPU")?;
    }
    Ok(())
}

/// Weights that are stored in half precision, because none of them loses anything by it, must give exactly the same
/// results.
#[test]
fn half_precision_loses_nothing() {
    let Some((gpu, [halves, _])) = &*GPU else { return };
    if !halves.halves() {
        println!("the adapter has no half precision: skipped");
        return;
    }
    let single = Arc::new(Kernels::cut_for(Lanes::Many, &gpu.device).single());
    let mut noise = Noise(3);
    // Some weights of the second convolution lose something in half precision, so all of its weights stay in single.
    for digits in [[256.0, 256.0], [256.0, 1e5]] {
        let mut graph = Graph::default();
        let mut x = graph.input(Size::new(9, 10, 8));
        for (from, digits) in [8, 12].into_iter().zip(digits) {
            let mut rounded = |count| noise.numbers(count).iter().map(|v| (v * digits).round() / digits).collect();
            let (weights, bias): (Vec<f32>, Vec<f32>) = (rounded(9 * from * 12), rounded(12));
            let conv = graph.windowed(x, Window::same(3, 1), weights, bias);
            x = graph.convolve(conv);
        }
        graph.output(x);
        let input = noise.numbers(9 * 10 * 8);
        let [found, wanted] = [halves, &single].map(|kernels| {
            let net = GpuNet::new(&graph, gpu, kernels, 1).unwrap();
            net.write(0, 0, &input).unwrap();
            pollster::block_on(net.run()).unwrap()
        });
        assert_eq!(found, wanted);
    }
}

/// Windows of every kind that have a kernel of their own, and one that has none; most often the one that has most
/// kernels.
fn windows() -> impl Strategy<Value = Window> {
    prop::sample::select(vec![
        Window::valid(1, 1),
        Window::same(3, 1),
        Window::same(3, 1),
        Window::same(3, 1),
        Window::same(3, 1),
        Window::same(3, 2),
        Window::same(5, 1),
        Window::same(5, 2),
        Window::valid(2, 2),
        Window::valid(2, 1),
        Window::valid(3, 3),
    ])
}

/// A convolution by Burn's operations.
fn plain(x: Tensor<4>, weights: &[f32], bias: &[f32], window: Window, groups: usize) -> Tensor<4> {
    let Window { side, stride, around: [before, after] } = window;
    let device = Device::flex();
    let out = bias.len();
    let each = weights.len() / (side * side * out);
    let data = TensorData::new(weights.to_vec(), [side, side, each, out]);
    let weights = Tensor::<4>::from_data(data, &device).permute([3, 2, 0, 1]);
    let bias = Tensor::<1>::from_data(TensorData::new(bias.to_vec(), [out]), &device);
    let x = x.pad([(before, after), (before, after)], PadMode::Constant(0.0));
    conv2d(x, weights, Some(bias), ConvOptions::new([stride; 2], [0; 2], [1; 2], groups))
}

/// Sides and channels: any, or such that the CPU uses Winograd's tiles for them (`cpu/winograd.rs`).
fn pictures() -> impl Strategy<Value = [usize; 3]> {
    let any = [1usize..14, 1usize..30, 1usize..21];
    prop_oneof![
        any,
        [1usize..5, 1usize..18, 2usize..4].prop_map(|[height, width, eights]| [4 * height, 4 * width, 8 * eights])
    ]
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(count) }
}

proptest! {
    #![proptest_config(cases(96))]
    #[test]
    fn convolutions(
        window in windows(), [height, width, channels] in pictures(), planes in 1usize..5,
        odd in 0usize..8, seed: u32, rectify: bool, film: bool, skip in 0usize..3, act in 0usize..4, gpu in 0usize..6,
    ) {
        // A window with padding needs sides that are multiples of its stride.
        let more = if window.around == [0, 0] { window.side / 3 } else { 0 };
        let (height, width) = (height * window.stride + more, width * window.stride + more);
        prop_assume!(window.count(height) > 0 && window.count(width) > 0);
        let out = if film { 8 * planes } else { 8 * planes - odd };
        let mut noise = Noise(seed);
        let mut graph = Graph::default();
        let from = graph.input(Size::new(height, width, channels));
        let mut inputs = vec![noise.numbers(height * width * channels)];
        let mut conv = graph.windowed(from, window, noise.numbers(window.side * window.side * channels * out), noise.numbers(out));
        conv.rectify = rectify;
        let to = graph.size(conv.to);
        let x = tensor(&inputs[0], graph.size(from));
        let mut wanted = plain(if rectify { relu(x.clone()) } else { x }, &conv.weights, &conv.bias, window, 1);
        if film {
            let vector = graph.input(Size::vector(2 * out + 8));
            conv.film = Some(Film { vector, start: 8 });
            inputs.push(noise.numbers(2 * out + 8));
            let part = |start: usize| tensor(&inputs[1][start..start + out], Size::vector(out));
            wanted = wanted * part(8) + part(8 + out);
        }
        if skip > 0 {
            let some = out.div_ceil(skip);
            let size = Size::new(to.height * skip, to.width * skip, some);
            let added = graph.input(size);
            conv.skip = Some(if skip == 1 { Skip::Same(added) } else { Skip::Halved(added) });
            inputs.push(noise.numbers(size.len()));
            let added = tensor(&inputs[inputs.len() - 1], size);
            let added = if skip == 1 { added } else { max_pool2d(added, MaxPoolOptions::new([2, 2])) };
            wanted = wanted + added.pad([(0, out - some), (0, 0), (0, 0)], PadMode::Constant(0.0));
        }
        let slopes = noise.numbers(out);
        (conv.activation, wanted) = match act {
            0 => (Activation::None, wanted),
            1 => (Activation::Relu, relu(wanted)),
            2 => (Activation::Sigmoid, sigmoid(wanted)),
            _ => {
                let slope = tensor(&slopes, Size::vector(out));
                let leaky = relu(wanted.clone()) - relu(-wanted) * slope;
                (Activation::Prelu(slopes), leaky)
            }
        };
        let made = graph.convolve(conv);
        graph.output(made);
        check(&graph, &inputs, &values(wanted), gpu)?;
    }

    #[test]
    fn depthwise_convolutions(
        window in windows(), height in 1usize..14, width in 1usize..30, channels in 1usize..30, then in 0usize..30, seed: u32,
        gpu in 0usize..6,
    ) {
        let (height, width) = (height * window.stride, width * window.stride);
        prop_assume!(window.count(height) > 0 && window.count(width) > 0);
        let mut noise = Noise(seed);
        let mut graph = Graph::default();
        let size = Size::new(height, width, channels);
        let from = graph.input(size);
        let input = noise.numbers(size.len());
        let (weights, bias) = (noise.numbers(window.side * window.side * channels), noise.numbers(channels));
        let mut wanted = plain(tensor(&input, size), &weights, &bias, window, channels);
        let to = graph.value(Size::new(window.count(height), window.count(width), channels));
        let mut made = graph.push(Step::Depthwise(Depthwise { from, to, window, weights, bias }));
        // Most often a 1 x 1 convolution follows, which GPUs fuse into the same kernel.
        if then > 5 {
            let conv = graph.windowed(made, POINT, noise.numbers(channels * then), noise.numbers(then));
            wanted = plain(wanted, &conv.weights, &conv.bias, POINT, 1);
            made = graph.convolve(conv);
        }
        graph.output(made);
        check(&graph, &[input], &values(wanted), gpu)?;
    }

    #[test]
    fn turned_rows_and_doubled_pictures(height in 1usize..9, width in 1usize..30, channels in 1usize..30, seed: u32, gpu in 0usize..6) {
        let mut noise = Noise(seed);
        let mut graph = Graph::default();
        let row = Size::new(1, width, channels);
        let [from, skip] = [row, Size::new(1, channels, width)].map(|size| graph.input(size));
        let [small, large] = [1, 2].map(|k| graph.input(Size::new(k * height, k * width, channels)));
        let turned = graph.turn(from, Some(skip));
        let doubled = graph.double(small, large);
        graph.output(turned);
        graph.output(doubled);
        let inputs: Vec<Vec<f32>> = graph.inputs().iter().map(|value| noise.numbers(graph.size(*value).len())).collect();
        let at = |input: usize, value: Value| tensor(&inputs[input], graph.size(value));
        let mut wanted = values(at(0, from).swap_dims(1, 3) + at(1, skip));
        let four = at(2, small).repeat_dim(2, 2).reshape([1, channels, 2, height, width]);
        let four = four.swap_dims(2, 3).reshape([1, channels, 2 * height, width, 1]).repeat_dim(4, 2);
        wanted.extend(values(four.reshape([1, channels, 2 * height, 2 * width]) + at(3, large)));
        check(&graph, &inputs, &wanted, gpu)?;
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let mut graph = Graph::default();
    let from = graph.input(Size::new(4, 4, 8));
    let mut conv = graph.windowed(from, Window::same(3, 1), vec![0.0; 9 * 8 * 8], vec![0.0; 8]);
    conv.weights.pop();
    let made = graph.convolve(conv);
    graph.output(made);
    assert!(Net::on_cpu(&graph).is_err());
    let mut graph = Graph::default();
    let from = graph.input(Size::new(4, 4, 8));
    graph.output(from);
    let net = Net::on_cpu(&graph).unwrap();
    assert!(net.run(&[&[0.0; 127]], &mut [0.0; 128]).is_err());
    assert!(net.run(&[&[0.0; 128]], &mut [0.0; 127]).is_err());
    assert!(net.run(&[&[1.0; 128]], &mut [0.0; 128]).is_ok());
}
