//! The browser's clock.

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::Performance;

/// Tells how long things take. Where there is no clock, nothing takes any time.
#[derive(Debug)]
pub struct Stopwatch {
    clock: Option<Performance>,
    last: f64,
}

impl Stopwatch {
    /// From now on.
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
