//! The calls of a live driver: frames in which a face is followed.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::VideoFrame;

use super::active::needed;
use super::clock::Stopwatch;
use super::driver::Driver;
use super::report;
use super::session::{Session, frame};
use crate::encoder::{Observation, Tracker};
use crate::error::{Error, Result};

#[wasm_bindgen]
impl Session {
    /// Gets ready for the frames of a new live driver.
    ///
    /// # Errors
    /// `option`.
    #[wasm_bindgen(js_name = startLive)]
    pub fn start_live(&mut self) -> std::result::Result<(), JsValue> {
        Ok(self.start(Driver::Live(Tracker::default()))?)
    }

    /// Follows the face in one frame (RGBA, `width` x `height`) taken at `clock` seconds, which
    /// must not run backwards. `mirrored`: its pixels are those of a mirror. Returns the frame's motion.
    ///
    /// # Errors
    /// `not-ready` without a photo or before [`start_live`](Self::start_live), `driver` for a
    /// wrong number of bytes, `gpu`.
    #[wasm_bindgen(js_name = driveFrame)]
    pub async fn drive_frame(
        &mut self,
        rgba: Clamped<Vec<u8>>,
        width: u32,
        height: u32,
        clock: f64,
        mirrored: bool,
    ) -> std::result::Result<JsValue, JsValue> {
        let watch = Stopwatch::start();
        let frame = frame(rgba, width, height)?;
        self.note_mirror(mirrored)?;
        let seen = tracker(&mut self.driver)?.track(&self.encoder, &frame).await?;
        self.drive_by(seen, clock, watch).await
    }

    /// [`drive_frame`](Self::drive_frame) for a frame that the browser holds on the GPU, where the nets run there: its pixels do
    /// not come to the CPU. `mirrored`: it is seen in a mirror. The frame is not closed.
    ///
    /// # Errors
    /// As for [`drive_frame`](Self::drive_frame); `driver` too where the nets run on the CPU.
    #[wasm_bindgen(js_name = driveVideoFrame)]
    pub async fn drive_video_frame(
        &mut self,
        picture: VideoFrame,
        mirrored: bool,
        clock: f64,
    ) -> std::result::Result<JsValue, JsValue> {
        let watch = Stopwatch::start();
        self.note_mirror(mirrored)?;
        let gpu = self.nets_gpu.as_ref().ok_or(Error::NotReady { needed: "A GPU for the nets" })?;
        let frame = self.upload.take(gpu, &self.encoder, picture, mirrored)?;
        let seen = tracker(&mut self.driver)?.track(&self.encoder, frame).await?;
        self.drive_by(seen, clock, watch).await
    }

    /// Finds the faces in a picture (RGBA, `width` x `height`), the largest first, whichever way up it is.
    /// Nothing is driven by it. Returns `{bounds, keypoints, score}` for each.
    ///
    /// # Errors
    /// `driver` for a wrong number of bytes, `gpu`.
    #[wasm_bindgen(js_name = findFaces)]
    pub async fn find_faces(
        &self,
        rgba: Clamped<Vec<u8>>,
        width: u32,
        height: u32,
    ) -> std::result::Result<Vec<JsValue>, JsValue> {
        let picture = frame(rgba, width, height)?;
        let faces = self.encoder.detect_surely(&picture).await?;
        Ok(faces.iter().map(|found| report::face(found, (width, height))).collect())
    }

    /// Whether frames are best given as the browser has them, by [`drive_video_frame`](Self::drive_video_frame).
    #[wasm_bindgen(getter, js_name = takesVideoFrames)]
    #[must_use]
    pub fn takes_video_frames(&self) -> bool {
        self.nets_gpu.is_some()
    }
}

impl Session {
    /// Takes note of whether a frame comes mirrored. Where that changes, what is known of the driver's face is
    /// mirrored.
    fn note_mirror(&mut self, mirrored: bool) -> Result<()> {
        let tracker = tracker(&mut self.driver)?;
        if !self.facing.turns(mirrored) {
            return Ok(());
        }
        tracker.reset();
        self.active.as_mut().map_or(Ok(()), |active| active.turn_round(&self.context, &self.driver))
    }

    /// Drives the portrait by what was seen in a live driver's frame. The watch was started when work on that frame
    /// began.
    async fn drive_by(
        &mut self,
        seen: Option<Observation>,
        clock: f64,
        mut watch: Stopwatch,
    ) -> std::result::Result<JsValue, JsValue> {
        let encoding = watch.lap();
        self.context.painter.ready().await;
        let seen = seen.map(|seen| (seen.motion(), report::shares(&seen)));
        let active = needed(&mut self.active)?;
        let motion = seen.as_ref().map(|(motion, _)| motion);
        if let Some(recording) = &mut self.recording {
            recording.note(motion.map(|motion| self.facing.recorded(motion)).as_deref(), clock)?;
        }
        active.drive(&mut self.context, motion, clock).await?;
        let drawing = watch.lap();
        self.context.pace.frame(encoding + drawing, drawing);
        Ok(report::frame(seen.as_ref().map(|(motion, shares)| (motion, shares.as_slice()))))
    }
}

fn tracker(driver: &mut Driver) -> Result<&mut Tracker> {
    match driver {
        Driver::Live(tracker) => Ok(tracker),
        _ => Err(Error::NotReady { needed: "A live driver" }),
    }
}
