//! From a graph to kernels and buffers.

use std::ops::Range;

use super::dense::{Dense, octet};
use super::depthwise::Single;
use super::finish::Act;
use super::lanes::{EIGHT, Lanes, Octet, Work, vectorize};
use super::plane::Layout;
use super::tickets::MOST;
use super::winograd::{MADE, Winograd};
use crate::check;
use crate::graph::{Activation, Convolution, Depthwise, Graph, Size, Skip, Step, Value, Window};
use crate::misfit::Result;

/// The buffers of a value: one with the value as it is, and one with 0 in place of negative numbers; each only if a
/// step reads it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) plain: Option<usize>,
    pub(super) rectified: Option<usize>,
}

/// A buffer with its layout.
pub(super) type Read = (usize, Layout);

/// The method by which the sums of a convolution of all channels with all are computed.
#[derive(Debug, Clone)]
pub(super) enum Sums {
    Plain(Dense),
    Winograd(Winograd),
}

/// What a task computes.
#[derive(Debug, Clone)]
pub(super) enum Kernel {
    Dense { sums: Sums, film: Option<(Read, usize)>, skip: Option<Read>, halved: bool, act: Act },
    Depthwise(Single),
    Double { skip: Read },
    Normalise { gain: Vec<Octet>, epsilon: f32 },
    Turn { skip: Option<Read> },
}

/// The part of a value that one thread makes at a time: some rows, or, of a value with a single row, some planes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) rows: Range<usize>,
    pub(super) planes: Range<usize>,
}

/// A step with its buffers.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) kernel: Kernel,
    pub(super) parts: Vec<Part>,
    pub(super) from: Read,
    pub(super) to: Place,
    pub(super) layout: Layout,
}

/// Everything about a net that is made once, before the first run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    pub(super) buffers: Vec<Layout>,
    /// Octets of working memory that a thread needs.
    pub(super) scratch: usize,
    places: Vec<Place>,
    layouts: Vec<Layout>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    border: [usize; 2],
    plain: bool,
    rectified: bool,
    /// Index of the last step that reads the value; `usize::MAX` for inputs and outputs, which are kept.
    last: usize,
}

impl Plan {
    /// Plans a net for at most this many threads.
    pub(super) fn new(graph: &Graph, threads: usize) -> Result<Self> {
        check::sizes(graph)?;
        let uses = uses(graph);
        let layout = |value: Value| Layout { size: graph.size(value), border: uses[value.0].border };
        let layouts: Vec<Layout> = (0..graph.sizes().len()).map(|index| layout(Value(index))).collect();
        let mut pool = Pool::default();
        let mut places = vec![Place::default(); layouts.len()];
        for input in graph.inputs() {
            places[input.0] = pool.place(&uses[input.0], layouts[input.0]);
        }
        let group = vectorize(Group);
        let mut tasks = Vec::with_capacity(graph.steps().len());
        let mut scratch = 0;
        for (index, step) in graph.steps().iter().enumerate() {
            let to = step.to();
            places[to.0] = pool.place(&uses[to.0], layouts[to.0]);
            let plain = |value: Value| (places[value.0].plain.unwrap_or_default(), layouts[value.0]);
            let from = match step {
                Step::Convolution(conv) if conv.rectify => {
                    (places[conv.from.0].rectified.unwrap_or_default(), layouts[conv.from.0])
                }
                _ => plain(step.reads()[0]),
            };
            let kernel = kernel(graph, step, group, plain);
            if let Kernel::Dense { sums: Sums::Winograd(winograd), .. } = &kernel {
                scratch = scratch.max(winograd.scratch(layouts[to.0]));
            }
            let parts = parts(&kernel, work(graph, step), layouts[to.0], group, threads);
            tasks.push(Task { kernel, parts, from, to: places[to.0], layout: layouts[to.0] });
            for value in (0..layouts.len()).filter(|value| uses[*value].last == index) {
                pool.free(places[value]);
            }
        }
        let (inputs, outputs) = (graph.inputs().to_vec(), graph.outputs().to_vec());
        Ok(Self { tasks, buffers: pool.layouts, scratch, places, layouts, inputs, outputs })
    }

    /// Where an input's values go.
    pub(super) fn input(&self, value: Value, count: usize) -> Result<(Place, Layout)> {
        check::given(self.inputs.contains(&value), "a value that is no input is given")?;
        let layout = self.layouts[value.0];
        check::given(count == layout.size.len(), "an input has another size")?;
        Ok((self.places[value.0], layout))
    }

    /// Where an output's values are.
    pub(super) fn output(&self, value: Value, count: usize) -> Result<Read> {
        check::given(self.outputs.contains(&value), "a value that is no output is asked for")?;
        let layout = self.layouts[value.0];
        check::given(count == layout.size.len(), "an output has another size")?;
        Ok((self.places[value.0].plain.unwrap_or_default(), layout))
    }
}

/// Work of a step, in the number of products that take as long.
fn work(graph: &Graph, step: &Step) -> usize {
    /// Products that take as long as one product or one number of a step that is no convolution of all channels with
    /// all: such steps load and store more than they multiply.
    const LOADS: usize = 4;
    let size = graph.size(step.to());
    match step {
        Step::Convolution(conv) => size.pixels() * conv.weights.len(),
        Step::Depthwise(conv) => LOADS * size.pixels() * conv.weights.len(),
        _ => LOADS * size.len(),
    }
}

/// Cuts a task into parts for threads. A part is large enough to be worth the microsecond that it takes to hand it out.
/// There are more parts than threads, so that a thread that is held up keeps the others waiting only for a small part.
fn parts(kernel: &Kernel, work: usize, layout: Layout, group: usize, threads: usize) -> Vec<Part> {
    /// Fewest products for which another part is made.
    const WORTH: usize = 50_000;
    /// Parts for each thread.
    const EACH: usize = 2;
    let (rows, planes) = (layout.size.height, layout.planes());
    let winograd = matches!(kernel, Kernel::Dense { sums: Sums::Winograd(_), .. });
    // By Winograd's method each part reads all of the weights, which are large, so there is one part for each thread.
    let each = if winograd { 1 } else { EACH };
    let most = match threads {
        0 | 1 => 1,
        _ => (work / WORTH).clamp(1, (each * threads).min(MOST)),
    };
    let cut = |length: usize, unit: usize| {
        let units = length.div_ceil(unit);
        let count = most.min(units).max(1);
        (0..count).map(move |k| length.min(unit * (units * k / count))..length.min(unit * (units * (k + 1) / count)))
    };
    let whole = matches!(kernel, Kernel::Normalise { .. });
    if rows == 1 && !whole {
        return cut(planes, group.max(1)).map(|planes| Part { rows: 0..1, planes }).collect();
    }
    cut(rows, if winograd { MADE } else { 1 }).map(|rows| Part { rows, planes: 0..planes }).collect()
}

fn kernel(graph: &Graph, step: &Step, group: usize, plain: impl Fn(Value) -> Read) -> Kernel {
    match step {
        Step::Convolution(conv) => Kernel::Dense {
            sums: match Winograd::fits(conv, graph.size(conv.from), graph.size(conv.to)) {
                true => Sums::Winograd(Winograd::new(conv, group)),
                false => Sums::Plain(Dense::new(conv, group)),
            },
            film: conv.film.map(|film| (plain(film.vector), film.start)),
            skip: conv.skip.map(|skip| plain(skip.value())),
            halved: matches!(conv.skip, Some(Skip::Halved(_))),
            act: match &conv.activation {
                Activation::None => Act::None,
                Activation::Relu => Act::Relu,
                Activation::Prelu(slopes) => Act::Prelu(octets(slopes)),
                Activation::Sigmoid => Act::Sigmoid,
            },
        },
        Step::Depthwise(conv) => Kernel::Depthwise(Single::new(conv)),
        Step::Double { skip, .. } => Kernel::Double { skip: plain(*skip) },
        Step::Normalise { gain, epsilon, .. } => Kernel::Normalise { gain: octets(gain), epsilon: *epsilon },
        Step::Turn { skip, .. } => Kernel::Turn { skip: skip.map(plain) },
    }
}

fn octets(row: &[f32]) -> Vec<Octet> {
    (0..row.len().div_ceil(EIGHT)).map(|plane| octet(row, plane)).collect()
}

fn uses(graph: &Graph) -> Vec<Use> {
    let mut uses = vec![Use::default(); graph.sizes().len()];
    for (index, step) in graph.steps().iter().enumerate() {
        for (k, value) in step.reads().into_iter().enumerate() {
            let found = &mut uses[value.0];
            found.last = found.last.max(index);
            let rectify = k == 0 && matches!(step, Step::Convolution(conv) if conv.rectify);
            found.rectified |= rectify;
            found.plain |= !rectify;
        }
        if let Step::Convolution(Convolution { from, to, window, .. })
        | Step::Depthwise(Depthwise { from, to, window, .. }) = step
        {
            let needed = border(*window, graph.size(*from), graph.size(*to));
            let found = &mut uses[from.0].border;
            *found = [found[0].max(needed[0]), found[1].max(needed[1])];
        }
    }
    for value in graph.outputs().iter().chain(graph.inputs()) {
        uses[value.0].last = usize::MAX;
        uses[value.0].plain |= graph.outputs().contains(value);
    }
    uses
}

/// Zeros that windows read before the first row or column and after the last. Where the stride leaves a remainder,
/// these are fewer than the window's padding.
fn border(window: Window, from: Size, to: Size) -> [usize; 2] {
    let [before, _] = window.around;
    let after =
        |from: usize, to: usize| ((to.saturating_sub(1)) * window.stride + window.side).saturating_sub(from + before);
    [before, after(from.height, to.height).max(after(from.width, to.width))]
}

/// Buffers. A buffer that is free again is used only for values of the same layout, so that the border around the
/// picture stays zero.
#[derive(Default)]
struct Pool {
    layouts: Vec<Layout>,
    free: Vec<usize>,
}

impl Pool {
    fn place(&mut self, used: &Use, layout: Layout) -> Place {
        let mut take = |wanted: bool| wanted.then(|| self.take(layout));
        Place { plain: take(used.plain), rectified: take(used.rectified) }
    }

    fn take(&mut self, layout: Layout) -> usize {
        match self.free.iter().position(|index| self.layouts[*index] == layout) {
            Some(found) => self.free.swap_remove(found),
            None => {
                self.layouts.push(layout);
                self.layouts.len() - 1
            }
        }
    }

    fn free(&mut self, place: Place) {
        self.free.extend([place.plain, place.rectified].into_iter().flatten());
    }
}

/// Work that returns [`Lanes::GROUP`] of the processor that runs it.
struct Group;

impl Work for Group {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> usize {
        L::GROUP
    }
}
