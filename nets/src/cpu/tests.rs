//! Tests that a net computes the same numbers on several threads as on one.

use super::CpuNet;
use crate::Team;
use crate::graph::{Activation, Graph, POINT, Size, Skip, Step, Value, Window};

/// Numbers that look random.
struct Noise(u32);

impl Noise {
    fn numbers(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn convolved(&mut self, graph: &mut Graph, from: Value, window: Window, out: usize, skip: Option<Skip>) -> Value {
        let count = window.side * window.side * graph.size(from).channels * out;
        let weights = self.numbers(count).iter().map(|v| 8.0 * v / count as f32).collect();
        let mut conv = graph.windowed(from, window, weights, self.numbers(out));
        conv.skip = skip;
        conv.activation = Activation::Relu;
        graph.convolve(conv)
    }
}

/// A net with every kernel, large enough to be cut.
fn net() -> (Graph, Vec<Vec<f32>>) {
    let mut noise = Noise(7);
    let mut graph = Graph::default();
    let first = graph.input(Size::new(48, 40, 24));
    let row = graph.input(Size::new(1, 60, 72));
    let plain = noise.convolved(&mut graph, first, Window::same(5, 2), 40, None);
    let tiles = noise.convolved(&mut graph, first, Window::same(3, 1), 40, None);
    let joined = noise.convolved(&mut graph, plain, POINT, 40, Some(Skip::Halved(tiles)));
    let doubled = graph.double(joined, tiles);
    let to = graph.value(graph.size(doubled));
    let (weights, bias) = (noise.numbers(25 * 40), noise.numbers(40));
    let window = Window::same(5, 1);
    let single = graph.push(Step::Depthwise(crate::graph::Depthwise { from: doubled, to, window, weights, bias }));
    graph.output(single);
    let to = graph.value(graph.size(row));
    let normal = graph.push(Step::Normalise { from: row, to, gain: noise.numbers(72), epsilon: 1e-3 });
    let turned = graph.turn(normal, None);
    let mixed = noise.convolved(&mut graph, turned, POINT, 48, None);
    let back = graph.turn(mixed, None);
    graph.output(back);
    let inputs = graph.inputs().iter().map(|value| noise.numbers(graph.size(*value).len())).collect();
    (graph, inputs)
}

fn results(graph: &Graph, net: &mut CpuNet, inputs: &[Vec<f32>]) -> Vec<Vec<f32>> {
    for (input, values) in graph.inputs().iter().zip(inputs) {
        net.write(*input, values).unwrap();
    }
    net.run();
    let result = |output: &Value| {
        let mut values = vec![0.0; graph.size(*output).len()];
        net.read(*output, &mut values).unwrap();
        values
    };
    graph.outputs().iter().map(result).collect()
}

#[test]
fn many_threads_compute_what_one_does() {
    let (graph, mut inputs) = net();
    let mut alone = CpuNet::new(&graph).unwrap();
    // More threads than this machine may have cores, so that some come late.
    let team: &'static Team = Box::leak(Box::new(Team::new(5)));
    assert_eq!(team.threads(), 5);
    let mut helped = CpuNet::with_team(&graph, team).unwrap();
    for round in 0..200 {
        inputs[0][round] += 1.0;
        inputs[1][round] -= 1.0;
        assert!(results(&graph, &mut alone, &inputs) == results(&graph, &mut helped, &inputs), "round {round}");
    }
}

#[test]
fn callers_that_run_at_once_share_a_team() {
    let (graph, inputs) = net();
    let wanted = results(&graph, &mut CpuNet::new(&graph).unwrap(), &inputs);
    let team: &'static Team = Box::leak(Box::new(Team::new(3)));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut net = CpuNet::with_team(&graph, team).unwrap();
                for _ in 0..50 {
                    assert!(results(&graph, &mut net, &inputs) == wanted);
                }
            });
        }
    });
}

#[test]
fn a_graph_survives_as_bytes() {
    let (graph, _) = net();
    let bytes = graph.to_bytes().unwrap();
    assert_eq!(Graph::from_bytes(&bytes), Ok(graph));
    assert!(Graph::from_bytes(&bytes[..bytes.len() / 2]).is_err());
    let mut other = Graph::default();
    other.output(Value(3));
    let other = Graph::from_bytes(&other.to_bytes().unwrap()).unwrap();
    assert!(CpuNet::new(&other).is_err());
}
