//! The browser's clock.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Performance;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, milliseconds: f64);
}

/// Waits for this many milliseconds, and leaves the thread to other work meanwhile.
pub async fn pause(milliseconds: f64) {
    let passed = Promise::new(&mut |resolve, _| set_timeout(&resolve, milliseconds));
    // This promise never rejects.
    let _ = JsFuture::from(passed).await;
}

/// Tells how long things take. Where there is no clock, nothing takes any time.
#[derive(Debug)]
pub struct Stopwatch {
    clock: Option<Performance>,
    last: f64,
}

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Self {
        let clock = Reflect::get(&js_sys::global(), &"performance".into())
            .ok()
            .and_then(|clock| clock.dyn_into::<Performance>().ok());
        let last = clock.as_ref().map_or(0.0, Performance::now);
        Self { clock, last }
    }

    /// Milliseconds since the start or the call before.
    pub fn lap(&mut self) -> f64 {
        let now = self.clock.as_ref().map_or(0.0, Performance::now);
        let passed = now - self.last;
        self.last = now;
        passed
    }
}
