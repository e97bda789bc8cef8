//! The whole path behind a dozen calls from the worker.

use std::sync::Arc;

use burn::tensor::Device;
use image::RgbaImage;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{Clamped, JsValue};

use super::active::{ActivePortrait, RenderContext, needed};
use super::clock::Stopwatch;
use super::driver::{Driver, Facing, Playback};
use super::graphics::Graphics;
use super::model_files::ModelFiles;
use super::recording::MotionRecording;
use super::report::{self, object};
use super::video_upload::VideoUpload;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::generator::RenderOptions;
use crate::gpu::Gpu;
use crate::models::Models;
use crate::motion::{MotionTrack, builtin, file};
use crate::nets::threads;
use crate::pace::Pace;
use crate::photo;
use crate::portrait::{Portrait, Segmenter};
use crate::provenance;
use crate::refiner;
use crate::transfer::{ExpressionDecoder, TransferOptions};

/// Largest long side of the portrait, pixels; larger photos are scaled down.
const LONG_SIDE: u32 = 2048;

/// A photo, a driver and a canvas.
///
/// The calls take turns: JavaScript must await one before it makes the next.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    pub(super) models: Models,
    pub(super) encoder: Encoder,
    segmenter: Segmenter,
    /// The GPU that the nets run on.
    pub(super) nets_gpu: Option<Gpu>,
    pub(super) upload: VideoUpload,
    pub(super) context: RenderContext,
    pub(super) active: Option<ActivePortrait>,
    pub(super) driver: Driver,
    pub(super) facing: Facing,
    pub(super) recording: Option<MotionRecording>,
}

#[wasm_bindgen]
impl Session {
    /// Loads the nets.
    ///
    /// # Errors
    /// `gpu`, `model-missing`, `model-corrupt`.
    pub fn create(graphics: Graphics, files: ModelFiles) -> std::result::Result<Self, JsValue> {
        let models = files.models;
        let Graphics { painter, nets_gpu } = graphics;
        let encoder = Encoder::new(&models, nets_gpu.as_ref())?;
        // It runs on the CPU, because it runs only once a photo: Burn's kernels for GPUs would be two thirds of the
        // module.
        let segmenter = Segmenter::new(&models, &Device::flex())?;
        let pace = Pace::new(painter.is_software());
        let decoder = Arc::new(ExpressionDecoder::new(&models)?);
        let transfer = TransferOptions::default();
        let context = RenderContext { painter, options: RenderOptions::default(), decoder, transfer, pace, scale: 1.0 };
        Ok(Self {
            models,
            encoder,
            segmenter,
            nets_gpu,
            upload: VideoUpload::default(),
            context,
            active: None,
            driver: Driver::Rest,
            facing: Facing::default(),
            recording: None,
        })
    }

    /// Names of the GPU or CPU that the work runs on, for a person to read.
    #[must_use]
    pub fn describe(&self) -> String {
        let nets = match (&self.nets_gpu, threads::count()) {
            (Some(_), _) => "GPU".to_owned(),
            (None, 1) => "CPU".to_owned(),
            (None, threads) => format!("CPU, on {threads} threads"),
        };
        format!("{}, nets on the {nets}", self.context.painter.describe())
    }

    /// Prepares a photo (bytes of a file) and shows it at rest; the one before stays up if this
    /// fails. A driver keeps its neutral face. Returns `{width, height, faces, landmarks, coefficients}`.
    ///
    /// # Errors
    /// `not-an-image`, `image-too-large`, `no-face`, `face-too-small`, `face-cut-off`, `face-turned`, `gpu`.
    #[wasm_bindgen(js_name = setPhoto)]
    pub async fn set_photo(&mut self, bytes: Vec<u8>) -> std::result::Result<JsValue, JsValue> {
        let picture = photo::decode(&bytes, LONG_SIDE)?;
        let portrait = Portrait::prepare(picture, &self.encoder, &self.segmenter).await?;
        let active = ActivePortrait::new(&mut self.context, portrait, &self.driver, self.active.as_ref()).await?;
        self.driver.show_again();
        let portrait = active.portrait();
        let (width, height) = portrait.photo.dimensions();
        let shares: Vec<f32> = portrait
            .face
            .landmarks
            .iter()
            .flat_map(|[x, y, _]| [x / width.max(1) as f32, y / height.max(1) as f32])
            .collect();
        let about = object([
            ("width", width.into()),
            ("height", height.into()),
            ("faces", (portrait.faces as u32).into()),
            ("landmarks", js_sys::Float32Array::from(shares.as_slice()).into()),
            ("coefficients", js_sys::Float32Array::from(portrait.coefficients.as_slice()).into()),
        ]);
        self.active = Some(active);
        Ok(about)
    }

    /// Drives with a motion file. Returns its length in seconds.
    ///
    /// # Errors
    /// `motion`.
    #[wasm_bindgen(js_name = startMotionFile)]
    pub fn start_motion_file(&mut self, bytes: &[u8]) -> std::result::Result<f64, JsValue> {
        Ok(self.start_track(file::read(bytes)?)?)
    }

    /// Drives with a built-in motion. Returns its length in seconds.
    ///
    /// # Errors
    /// `motion` for an unknown name.
    #[wasm_bindgen(js_name = startBuiltin)]
    pub fn start_builtin(&mut self, name: &str) -> std::result::Result<f64, JsValue> {
        let track = builtin::track(name, &self.models)?;
        Ok(self.start_track(track)?)
    }

    /// Shows the motion at `position` seconds from its start; `clock` is the time that passed,
    /// seconds, and must not run backwards. Returns the frame's motion, or `undefined` if
    /// this frame is on show already.
    ///
    /// # Errors
    /// `not-ready` without a photo or a motion, `gpu`.
    pub async fn play(&mut self, position: f64, clock: f64) -> std::result::Result<JsValue, JsValue> {
        let mut watch = Stopwatch::start();
        self.context.painter.ready().await;
        let Driver::Track(playback) = &mut self.driver else {
            return Err(Error::NotReady { needed: "A motion" }.into());
        };
        let active = needed(&mut self.active)?;
        let index = playback.frame_at(position);
        if playback.shown == Some(index) {
            return Ok(JsValue::UNDEFINED);
        }
        playback.shown = Some(index);
        let motion = playback.track.frame(index);
        if let Some(recording) = &mut self.recording {
            recording.note(motion.as_ref(), clock)?;
        }
        active.drive(&mut self.context, motion.as_ref(), clock).await?;
        let drawing = watch.lap();
        self.context.pace.frame(drawing, drawing);
        let drawn = motion.as_ref().map(|motion| playback.drawn(motion));
        Ok(report::frame(motion.as_ref().zip(drawn.as_deref())))
    }

    /// Records the driver's motion from now on, relative to its neutral face of now, and the way round that its frames come now;
    /// a recording that is under way is dropped. It takes nothing more once the driver changes or after two hours.
    ///
    /// # Errors
    /// `not-ready` without a driver.
    #[wasm_bindgen(js_name = recordMotion)]
    pub fn record_motion(&mut self) -> std::result::Result<(), JsValue> {
        self.recording = Some(MotionRecording::begin(&self.driver, self.active.as_ref())?);
        self.facing.begin();
        Ok(())
    }

    /// Ends the recording. Returns the bytes of a motion file.
    ///
    /// # Errors
    /// `not-ready` without a recording, `no-face-in-driver` if no face was seen, `motion` if nothing was recorded.
    #[wasm_bindgen(js_name = stopMotion)]
    pub fn stop_motion(&mut self) -> std::result::Result<Vec<u8>, JsValue> {
        let recording = self.recording.take().ok_or(Error::NotReady { needed: "A recording of the motion" })?;
        Ok(recording.end()?)
    }

    /// Lets the driver go; the portrait rests.
    ///
    /// # Errors
    /// `gpu`.
    pub async fn rest(&mut self) -> std::result::Result<(), JsValue> {
        self.start(Driver::Rest)?;
        if let Some(active) = &mut self.active {
            active.rest(&mut self.context).await?;
        }
        Ok(())
    }

    /// Takes the driver's next frame as its neutral face.
    #[wasm_bindgen(js_name = setNeutral)]
    pub fn set_neutral(&mut self) {
        if let Some(active) = &mut self.active {
            active.set_neutral();
        }
        self.driver.show_again();
    }

    /// Whether the "AI-animated" mark is drawn.
    ///
    /// # Errors
    /// `gpu`.
    #[wasm_bindgen(js_name = setMark)]
    pub async fn set_mark(&mut self, mark: bool) -> std::result::Result<(), JsValue> {
        self.context.options.mark = mark;
        Ok(self.redraw().await?)
    }

    /// Takes in the bytes of the refiner's model file; [`set_refine`](Self::set_refine) says when it is used.
    ///
    /// # Errors
    /// `model-corrupt`, `gpu`.
    #[wasm_bindgen(js_name = loadRefiner)]
    pub fn load_refiner(&mut self, bytes: Vec<u8>) -> std::result::Result<(), JsValue> {
        self.models.insert(refiner::FILE, bytes)?;
        self.context.painter.load_refiner(&self.models, self.nets_gpu.is_some())?;
        self.context.pace.refiner_is_ready();
        Ok(())
    }

    /// When the refiner repairs frames, once its model is there: `"off"`, `"on"`, `"half"` (its nets look at every second frame), or
    /// `"auto"`: as often as frames keep up, and not where the CPU draws. Shows it at once.
    ///
    /// # Errors
    /// `option`, `gpu`.
    #[wasm_bindgen(js_name = setRefine)]
    pub async fn set_refine(&mut self, mode: &str) -> std::result::Result<(), JsValue> {
        self.context.pace.set_refine(mode)?;
        Ok(self.redraw().await?)
    }

    /// Draws the frame on show again, with what has come or changed since.
    ///
    /// # Errors
    /// `gpu`.
    #[wasm_bindgen(js_name = redraw)]
    pub async fn draw_again(&mut self) -> std::result::Result<(), JsValue> {
        Ok(self.redraw().await?)
    }

    /// Whether frames may be drawn smaller to keep up: `"auto"` or `"full"`; from the next frame on, or [`redraw`](Self::draw_again).
    ///
    /// # Errors
    /// `option`.
    #[wasm_bindgen(js_name = setSize)]
    pub fn set_size(&mut self, size: &str) -> std::result::Result<(), JsValue> {
        Ok(self.context.pace.set_size(size)?)
    }

    /// Keeps the tier as it is, however long frames take (`on`), or lets it go again.
    pub fn hold(&mut self, on: bool) {
        self.context.pace.hold(on);
    }

    /// Whether the refiner's model is wanted.
    #[wasm_bindgen(getter, js_name = wantsRefiner)]
    #[must_use]
    pub fn wants_refiner(&self) -> bool {
        self.context.pace.wants_refiner()
    }

    /// What is drawn now: `{refined, interval, scale}`; the refiner's nets look at one of `interval` frames; `scale` is the pixels of the photo that an output pixel covers along each axis.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn tier(&self) -> JsValue {
        let tier = self.context.pace.tier();
        let interval = tier.interval as u32;
        object([("refined", (interval > 0).into()), ("interval", interval.into()), ("scale", tier.scale.into())])
    }

    /// The picture on show as a PNG file.
    ///
    /// # Errors
    /// `not-ready` without a photo, `gpu`.
    #[wasm_bindgen(js_name = saveFrame)]
    pub async fn save_frame(&mut self) -> std::result::Result<Vec<u8>, JsValue> {
        let picture = needed(&mut self.active)?.picture(&mut self.context).await?;
        Ok(encode(&picture)?)
    }
}

impl Session {
    async fn redraw(&mut self) -> Result<()> {
        match &mut self.active {
            Some(active) => active.draw(&mut self.context).await,
            None => Ok(()),
        }
    }

    pub(super) fn start(&mut self, driver: Driver) -> Result<()> {
        self.driver = driver;
        self.facing = Facing::default();
        if let Some(recording) = &mut self.recording {
            recording.halt();
        }
        self.active.as_mut().map_or(Ok(()), |active| active.follow(&self.context, &self.driver))
    }

    fn start_track(&mut self, track: MotionTrack) -> Result<f64> {
        let playback = Playback::new(track);
        let seconds = playback.track.seconds();
        self.start(Driver::Track(Box::new(playback)))?;
        Ok(seconds)
    }
}

/// The picture of a frame's bytes.
pub(super) fn frame(rgba: Clamped<Vec<u8>>, width: u32, height: u32) -> Result<RgbaImage> {
    RgbaImage::from_raw(width, height, rgba.0)
        .ok_or_else(|| Error::Driver { reason: "a frame has not width x height x 4 bytes".into() })
}

fn encode(picture: &RgbaImage) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    provenance::write_png(picture, &mut file)
        .map_err(|error| Error::Io { path: "PNG".into(), source: std::io::Error::other(error.to_string()) })?;
    Ok(file)
}
