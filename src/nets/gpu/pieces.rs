//! From a step of a graph to a kernel: its source, its weights in the kernel's order, and its dispatches.

use std::ops::Range;

use half::f16;

use super::FOUR;
use super::plan::planes;
use super::source::{Act, Added, Variant, halved, preamble};
use super::tile::{LARGEST, Lanes, Space, Tile};
use crate::error::Result;
use crate::nets::check;
use crate::nets::graph::{Activation, Convolution, Depthwise, Graph, POINT, Size, Skip, Step, Value};

/// Largest number of pixels for which, on many lanes, an invocation makes one plane of one pixel.
const FEW: usize = 16;
/// Invocations of a workgroup of `double.wgsl` and `turn.wgsl`.
const SIMPLE: usize = 64;
/// Pixels of a workgroup of `normalise.wgsl`.
const NORMALISED: usize = 4;

/// A kernel's sizes, with the layout of `Sizes` in `common.wgsl`, which explains them.
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct Sizes {
    from: [u32; 4],
    to: [u32; 4],
    film: [u32; 2],
    added: u32,
    bias: u32,
    slopes: u32,
    epsilon: f32,
    channels: u32,
    first: u32,
    depthwise: u32,
    /// Padding: the shader's `vec3u` begins at a multiple of 16 bytes and ends the structure.
    unused: [u32; 7],
}

/// A kernel and its dispatches, before buffers are bound.
pub(super) struct Kernel {
    pub(super) source: String,
    pub(super) space: Space,
    pub(super) parts: Vec<Part>,
    pub(super) added: Option<Value>,
    pub(super) film: Option<Value>,
}

/// One dispatch of a kernel. It writes all planes, or only as many as a uniform buffer holds the weights of.
pub(super) struct Part {
    pub(super) weights: Vec<f32>,
    pub(super) sizes: Sizes,
    pub(super) groups: [usize; 2],
}

impl Kernel {
    /// The kernel with its weights in half precision, if the device has it (`halves`) and no weight loses anything by
    /// it. That is so for nets that are stored in half precision.
    pub(super) fn halved(self, halves: bool) -> Self {
        let exact = |weight: &f32| f16::from_f32(*weight).to_f32() == *weight;
        let fits =
            halves && self.space == Space::Storage && self.parts.iter().flat_map(|part| &part.weights).all(exact);
        if fits { Self { source: halved(&self.source), space: Space::Half, ..self } } else { self }
    }
}

/// The depthwise convolution that can be fused into the 1 x 1 convolution after it: if the first two steps of `pair`
/// are these, there are many lanes, and nothing else reads the value between them.
pub(super) fn fusible<'a>(graph: &Graph, pair: &'a [Step], lanes: Lanes) -> Option<&'a Depthwise> {
    let [Step::Depthwise(first), Step::Convolution(second), ..] = pair else { return None };
    let readers = graph.steps().iter().flat_map(Step::reads).filter(|value| *value == first.to).count();
    let alone = readers == 1 && !graph.outputs().contains(&first.to);
    let plain = second.from == first.to && second.window == POINT && !second.rectify;
    (lanes == Lanes::Many && alone && plain).then_some(first)
}

/// The kernel of a step, its work cut into pieces for these lanes. `before` is the depthwise convolution that is fused
/// into it, see [`fusible`].
///
/// # Errors
/// [`Error::Net`](crate::Error::Net) for a layer norm whose channels do not fill whole planes.
pub(super) fn kernel(
    graph: &Graph,
    step: &Step,
    before: Option<&Depthwise>,
    lanes: Lanes,
    batch: usize,
) -> Result<Kernel> {
    let size = |value: Value| graph.size(value);
    let (from, to) = (size(before.map_or(step.reads()[0], |before| before.from)), size(step.to()));
    let extent = |size: Size| [size.width as u32, size.height as u32, planes(size) as u32, 0];
    let sizes = Sizes { from: extent(from), to: extent(to), channels: to.channels as u32, ..Default::default() };
    let simple = |body: &str, sizes: Sizes, groups: [usize; 2], weights: Vec<f32>, added: Option<Value>| {
        let space = Space::of(lanes, weights.len().div_ceil(FOUR));
        Kernel {
            source: preamble(space) + body,
            space,
            parts: vec![Part { weights, sizes, groups }],
            added,
            film: None,
        }
    };
    let plane_by_plane = [to.pixels().div_ceil(SIMPLE), planes(to)];
    Ok(match step {
        Step::Convolution(conv) => convolution(graph, conv, before, sizes, lanes, batch),
        Step::Depthwise(conv) => depthwise(conv, sizes, to, lanes),
        Step::Double { skip, .. } => {
            simple(include_str!("shaders/double.wgsl"), sizes, plane_by_plane, Vec::new(), Some(*skip))
        }
        Step::Normalise { gain, epsilon, .. } => {
            check::given(to.channels.is_multiple_of(FOUR), "a plane is not whole")?;
            let sizes = Sizes { epsilon: *epsilon, ..sizes };
            let groups = [to.pixels().div_ceil(NORMALISED), 1];
            simple(include_str!("shaders/normalise.wgsl"), sizes, groups, gain.clone(), None)
        }
        Step::Turn { skip, .. } => {
            let sizes = Sizes { added: u32::from(skip.is_some()), ..sizes };
            simple(include_str!("shaders/turn.wgsl"), sizes, plane_by_plane, Vec::new(), *skip)
        }
    })
}

fn convolution(
    graph: &Graph,
    conv: &Convolution,
    before: Option<&Depthwise>,
    sizes: Sizes,
    lanes: Lanes,
    batch: usize,
) -> Kernel {
    let (from, to) = (graph.size(conv.from), graph.size(conv.to));
    let (added, skip) = match conv.skip {
        None => (Added::Nothing, None),
        Some(Skip::Same(value)) => (Added::Same, Some(value)),
        Some(Skip::Halved(value)) => (Added::Halved, Some(value)),
    };
    let all = planes(to);
    // Vectors of four numbers that the weights of a plane take, with its bias and its slope.
    let each = conv.window.side * conv.window.side * planes(from) * FOUR + 2;
    let is_few = lanes == Lanes::Many && to.pixels() <= FEW;
    let steps = conv.window.side * planes(from);
    let tile = if is_few {
        Tile::few(to, batch, conv.window.side * steps)
    } else {
        Tile::dense(lanes, to, batch, each, steps)
    };
    let variant = Variant {
        window: before.map_or(conv.window, |before| before.window),
        rectify: conv.rectify,
        film: conv.film.is_some(),
        added,
        act: match conv.activation {
            Activation::None => Act::None,
            Activation::Relu => Act::Relu,
            Activation::Prelu(_) => Act::Prelu,
            Activation::Sigmoid => Act::Sigmoid,
        },
        tile,
    };
    let groups = all.div_ceil(tile.planes);
    // One dispatch makes as many groups of planes as the weights' buffer has room for.
    let (space, at_once) = match Space::of(lanes, each * tile.planes) {
        space @ (Space::Storage | Space::Half) => (space, groups),
        Space::Uniform(_) => {
            let at_once = (LARGEST / (each * tile.planes)).min(groups);
            (Space::of(lanes, each * tile.planes * at_once), at_once)
        }
    };
    let film = conv.film.map(|film| [film.start / FOUR, planes(graph.size(film.vector))].map(|count| count as u32));
    let sizes = Sizes {
        film: film.unwrap_or_default(),
        added: skip.map_or(0, |value| planes(graph.size(value)) as u32),
        ..sizes
    };
    let part = |first: usize| {
        let count = at_once.min(groups - first);
        let range = first * tile.planes..(first + count) * tile.planes;
        let mut weights = Vec::new();
        for start in range.clone().step_by(tile.planes) {
            arrange(&mut weights, conv, from, start..start + tile.planes);
        }
        let bias = weights.len() / FOUR;
        append(&mut weights, &conv.bias, range.clone());
        let slopes = weights.len() / FOUR;
        if let Activation::Prelu(slopes) = &conv.activation {
            append(&mut weights, slopes, range.clone());
        }
        let alone = weights.len() / FOUR;
        if let Some(before) = before {
            append_alone(&mut weights, before, from.channels);
        }
        let [bias, slopes, depthwise] = [bias, slopes, alone].map(|start| start as u32);
        let sizes = Sizes { bias, slopes, depthwise, first: range.start as u32, ..sizes };
        let groups = if is_few { [all.div_ceil(tile.slots()), to.pixels()] } else { [tile.groups(to), count] };
        Part { weights, sizes, groups }
    };
    Kernel {
        source: match before {
            Some(_) => variant.fused(space, is_few),
            None if is_few => variant.few(space),
            None => variant.dense(space),
        },
        space,
        parts: (0..groups).step_by(at_once).map(part).collect(),
        added: skip,
        film: conv.film.map(|film| film.vector),
    }
}

/// Appends the weights of some output planes. Their order, from the outermost index to the innermost: row of the
/// window, input plane, column of the window, input channel, output plane.
fn arrange(weights: &mut Vec<f32>, conv: &Convolution, from: Size, out: Range<usize>) {
    let side = conv.window.side;
    let channels = conv.bias.len();
    for row in 0..side {
        for plane in 0..planes(from) {
            for column in 0..side {
                for channel in plane * FOUR..(plane + 1) * FOUR {
                    let start = ((row * side + column) * from.channels + channel) * channels;
                    let known = if channel < from.channels { &conv.weights[start..start + channels] } else { &[] };
                    append(weights, known, out.clone());
                }
            }
        }
    }
}

/// Appends the numbers of some planes, with zeros for channels that do not exist.
fn append(to: &mut Vec<f32>, numbers: &[f32], planes: Range<usize>) {
    let channels = planes.start * FOUR..planes.end * FOUR;
    to.extend(channels.map(|channel| numbers.get(channel).copied().unwrap_or_default()));
}

/// Appends the weights of a depthwise convolution that is fused into the next step: for each plane those of its window,
/// then its bias.
fn append_alone(weights: &mut Vec<f32>, conv: &Depthwise, channels: usize) {
    for plane in 0..channels.div_ceil(FOUR) {
        for tap in conv.weights.chunks_exact(channels.max(1)) {
            append(weights, tap, plane..plane + 1);
        }
        append(weights, &conv.bias, plane..plane + 1);
    }
}

fn depthwise(conv: &Depthwise, sizes: Sizes, to: Size, lanes: Lanes) -> Kernel {
    let taps = conv.window.side * conv.window.side;
    let all = planes(to);
    let mut weights = Vec::new();
    for plane in 0..all {
        for tap in 0..taps {
            append(&mut weights, &conv.weights[tap * to.channels..][..to.channels], plane..plane + 1);
        }
    }
    let bias = weights.len() / FOUR;
    append(&mut weights, &conv.bias, 0..all);
    let tile = Tile::depthwise(lanes, to);
    let variant =
        Variant { window: conv.window, rectify: false, film: false, added: Added::Nothing, act: Act::None, tile };
    let space = Space::of(lanes, weights.len() / FOUR);
    let sizes = Sizes { bias: bias as u32, ..sizes };
    Kernel {
        source: variant.depthwise(space),
        space,
        parts: vec![Part { weights, sizes, groups: [tile.groups(to), all] }],
        added: None,
        film: None,
    }
}
