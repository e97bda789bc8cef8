//! One driven frame, stage by stage: each is waited for before the next begins.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{Clamped, JsValue};

use crate::encoder::Tracker;
use crate::error::Error;
use crate::web::active::{RenderContext, needed};
use crate::web::clock::Stopwatch;
use crate::web::driver::Driver;
use crate::web::report::object;
use crate::web::session::{Session, frame};

#[wasm_bindgen]
impl Session {
    /// Does what [`drive_frame`](Self::drive_frame) does, and returns the milliseconds of each stage: `encode` (crop
    /// and nets), `transfer` (motion to target geometry), `record` (mesh on the CPU, and giving the pass to the queue;
    /// where the CPU draws, all of the drawing), `raster` (until the GPU has drawn), `refine` (until the GPU has
    /// refined; 0 when the refiner is off), `present`.
    ///
    /// # Errors
    /// `not-ready` without a photo or a live driver, `driver` for a wrong number of bytes, `gpu`.
    #[wasm_bindgen(js_name = timeFrame)]
    pub async fn time_frame(
        &mut self,
        rgba: Clamped<Vec<u8>>,
        width: u32,
        height: u32,
        clock: f64,
    ) -> Result<JsValue, JsValue> {
        let picture = frame(rgba, width, height)?;
        self.context.painter.ready().await;
        let Driver::Live(tracker) = &mut self.driver else {
            return Err(Error::NotReady { needed: "A live driver" }.into());
        };
        let mut watch = Stopwatch::start();
        let seen = tracker.track(&self.encoder, &picture).await?;
        let encode = watch.lap().into();
        let (active, context) = (needed(&mut self.active)?, &mut self.context);
        active.target = active.reenactment.drive(seen.map(|seen| seen.motion()).as_ref(), clock)?;
        let transfer = watch.lap().into();
        active.render(context, context.pace.tier().scale)?;
        let record = watch.lap().into();
        let raster = done(context, &mut watch).await;
        active.refine(context).await?;
        let refine = if context.pace.tier().interval > 0 { done(context, &mut watch).await } else { 0.0.into() };
        context.painter.show()?;
        let present = done(context, &mut watch).await;
        context.painter.take_error().map_or(Ok(()), Err)?;
        Ok(object([
            ("encode", encode),
            ("transfer", transfer),
            ("record", record),
            ("raster", raster),
            ("refine", refine),
            ("present", present),
        ]))
    }

    /// The encoder alone: follows the face in a frame with a tracker of its own that `startLive` does not touch.
    /// Whether there is a face.
    ///
    /// # Errors
    /// `driver` for a wrong number of bytes, `gpu`.
    #[wasm_bindgen(js_name = encodeFrame)]
    pub async fn encode_frame(
        &self,
        follower: &mut Follower,
        rgba: Clamped<Vec<u8>>,
        width: u32,
        height: u32,
    ) -> Result<bool, JsValue> {
        let picture = frame(rgba, width, height)?;
        Ok(follower.tracker.track(&self.encoder, &picture).await?.is_some())
    }
}

/// The tracker of a face across calls of [`Session::encode_frame`].
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Follower {
    tracker: Tracker,
}

#[wasm_bindgen]
impl Follower {
    /// A tracker that has seen no face yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

async fn done(context: &RenderContext, watch: &mut Stopwatch) -> JsValue {
    context.painter.finish().await;
    watch.lap().into()
}
