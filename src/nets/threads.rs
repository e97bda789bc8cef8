//! Nets on several threads in the browser: in a module of their own, whose memory threads share
//! (`www/package/threads.js`). This module has one thread: its GPU's handles may not go to another one.

use wasm_bindgen::prelude::wasm_bindgen;

use super::graph::Graph;
use crate::error::Result;

#[wasm_bindgen(raw_module = "./threads.js")]
extern "C" {
    #[wasm_bindgen(js_name = netThreads)]
    fn net_threads() -> u32;
    #[wasm_bindgen(js_name = loadNet)]
    fn load_net(graph: &[u8], inputs: &[u32], results: u32) -> u32;
    fn unload(net: u32);
    #[wasm_bindgen(js_name = writeNet)]
    fn write_net(net: u32, input: u32, values: &[f32]);
    #[wasm_bindgen(js_name = runNet)]
    fn run_net(net: u32, results: &mut [f32]);
}

/// Number of threads that nets on the CPU run on.
pub(crate) fn count() -> u32 {
    net_threads()
}

/// A net in the threads' module.
#[derive(Debug)]
pub(super) struct ThreadedNet(u32);

impl ThreadedNet {
    /// Loads a net into the threads' module; `None` if no threads were started or they cannot take it.
    pub(super) fn new(graph: &Graph) -> Result<Option<Self>> {
        if net_threads() < 2 {
            return Ok(None);
        }
        let inputs: Vec<u32> = graph.inputs().iter().map(|value| graph.size(*value).len() as u32).collect();
        let results: usize = graph.outputs().iter().map(|value| graph.size(*value).len()).sum();
        let net = load_net(&graph.to_bytes()?, &inputs, results as u32);
        Ok((net > 0).then_some(Self(net)))
    }

    /// Runs the net. Inputs and results must have the sizes that the graph says.
    pub(super) fn run(&mut self, inputs: &[&[f32]], results: &mut [f32]) {
        for (index, values) in inputs.iter().enumerate() {
            write_net(self.0, index as u32, values);
        }
        run_net(self.0, results);
    }
}

impl Drop for ThreadedNet {
    fn drop(&mut self) {
        unload(self.0);
    }
}
