//! Whether the sizes of a graph fit: kernels rely on it.

use crate::graph::{Activation, Convolution, Depthwise, Graph, Size, Skip, Step, Window};
use crate::misfit::{Misfit, Result};

/// Returns an error unless the condition holds.
///
/// # Errors
/// [`Misfit`] with this reason.
pub fn given(condition: bool, reason: &'static str) -> Result<()> {
    if condition { Ok(()) } else { Err(Misfit(reason)) }
}

/// Checks all steps: every value is made once before it is read, and has the size that its step makes.
///
/// # Errors
/// [`Misfit`].
pub fn sizes(graph: &Graph) -> Result<()> {
    let mut known = vec![false; graph.sizes().len()];
    let written = graph.steps().iter().flat_map(|step| step.reads().into_iter().chain([step.to()]));
    let mut named = graph.inputs().iter().chain(graph.outputs()).copied().chain(written);
    given(named.all(|value| value.0 < known.len()), "there is no such value")?;
    graph.inputs().iter().for_each(|value| known[value.0] = true);
    for step in graph.steps() {
        given(step.reads().into_iter().all(|value| known[value.0]), "a value is read before it is made")?;
        given(!known[step.to().0], "a value is made twice")?;
        known[step.to().0] = true;
        one(graph, step)?;
    }
    given(graph.outputs().iter().all(|value| known[value.0]), "an output is never made")
}

fn one(graph: &Graph, step: &Step) -> Result<()> {
    let to = graph.size(step.to());
    let size = |value| graph.size(value);
    match step {
        Step::Convolution(conv) => convolution(graph, conv),
        Step::Depthwise(conv) => depthwise(graph, conv),
        Step::Double { from, skip, .. } => {
            let half = Size::new(to.height / 2, to.width / 2, to.channels);
            given(size(*skip) == to && size(*from) == half && even(to), "what is doubled has another size")
        }
        Step::Normalise { from, gain, .. } => {
            given(size(*from) == to && gain.len() == to.channels, "what is normalised has another size")
        }
        Step::Turn { from, skip, .. } => {
            given(
                size(*from) == Size::new(1, to.channels, to.width) && to.height == 1,
                "what is turned has another size",
            )?;
            given(skip.is_none_or(|skip| size(skip) == to), "what is added has another size")
        }
    }
}

fn convolution(graph: &Graph, conv: &Convolution) -> Result<()> {
    let (from, to) = (graph.size(conv.from), graph.size(conv.to));
    window(conv.window, from, to)?;
    let taps = conv.window.side * conv.window.side;
    given(conv.bias.len() == to.channels && to.channels > 0, "a convolution has another number of biases")?;
    given(conv.weights.len() == taps * from.channels * to.channels, "a convolution has another number of weights")?;
    if let Some(film) = conv.film {
        let vector = graph.size(film.vector);
        given(vector.pixels() == 1 && film.start + 2 * to.channels <= vector.channels, "a modulation is too short")?;
        given(film.start.is_multiple_of(8) && to.channels.is_multiple_of(8), "a modulation lies across octets")?;
    }
    let added = match conv.skip {
        None => to,
        Some(Skip::Same(value)) => graph.size(value),
        Some(Skip::Halved(value)) => {
            let size = graph.size(value);
            given(even(size), "what is halved has an odd side")?;
            Size::new(size.height / 2, size.width / 2, size.channels)
        }
    };
    let fits = (added.height, added.width) == (to.height, to.width) && added.channels <= to.channels;
    given(fits, "what is added has another size")?;
    match &conv.activation {
        Activation::Prelu(slopes) => given(slopes.len() == to.channels, "there is not a slope for each channel"),
        _ => Ok(()),
    }
}

fn depthwise(graph: &Graph, conv: &Depthwise) -> Result<()> {
    let (from, to) = (graph.size(conv.from), graph.size(conv.to));
    window(conv.window, from, to)?;
    let taps = conv.window.side * conv.window.side;
    let channels = [from.channels, to.channels, conv.bias.len()];
    given(channels == [from.channels; 3], "a depthwise convolution changes the number of channels")?;
    given(conv.weights.len() == taps * from.channels, "a convolution has another number of weights")
}

fn window(window: Window, from: Size, to: Size) -> Result<()> {
    let Window { side, stride, around } = window;
    given(side > 0 && stride > 0 && around.iter().all(|&zeros| zeros < side), "a window has no size")?;
    let counts = [window.count(from.height), window.count(from.width)];
    given(counts == [to.height, to.width] && !to.is_empty(), "a convolution makes another size")
}

const fn even(size: Size) -> bool {
    size.height.is_multiple_of(2) && size.width.is_multiple_of(2)
}
