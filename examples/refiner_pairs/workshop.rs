//! Looks at faces, prepares photos and renders them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use image::{GrayImage, Luma, RgbaImage};
use ritratto::encoder::{Encoder, MIN_PRESENCE, Observation, Region, Tracker};
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::FaceGeometry;
use ritratto::models::Models;
use ritratto::motion::{Coefficients, FaceMotion, TargetGeometry};
use ritratto::photo;
use ritratto::portrait::completion::{self, Completion};
use ritratto::portrait::disocclusion::Disocclusion;
use ritratto::portrait::eyes::brightest_white;
use ritratto::portrait::mesh::HeadMesh;
use ritratto::portrait::{Portrait, lip_seam, mouth};
use ritratto::refiner::SoftwareRefiner;
use ritratto::transfer::{ExpressionDecoder, lids, lips, unfold};

/// A picture and the face in it.
#[derive(Clone)]
pub struct Seen {
    pub picture: RgbaImage,
    pub face: FaceGeometry,
    pub coefficients: Coefficients,
    /// The tongue: 1 where it is out, 0.5 where it is seen inside the mouth, else 0.
    pub tongue: f32,
}

impl Seen {
    fn new(picture: RgbaImage, observation: &Observation) -> Self {
        let (face, coefficients) = (lip_seam::shut(&picture, observation.geometry()), observation.coefficients);
        Self { picture, face, coefficients, tongue: 0.0 }
    }

    pub fn motion(&self) -> FaceMotion {
        FaceMotion::new(&self.face, self.coefficients)
    }

    /// Degrees that the head is turned between two faces.
    pub fn turn_to(&self, other: &Self) -> f64 {
        self.face.pose.rotation.angle_to(&other.face.pose.rotation).to_degrees()
    }
}

/// A photo that is ready to be driven.
pub struct Stage {
    pub portrait: Portrait,
    scene: SoftwareScene,
}

/// The nets, and the preparation of photos. Everything is drawn on the CPU, so that every machine makes the same pairs.
pub struct Workshop {
    encoder: Encoder,
    pub decoder: Arc<ExpressionDecoder>,
    models: Models,
}

impl Workshop {
    pub fn open() -> Result<Self> {
        let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
        let encoder = Encoder::new(&models, None)?;
        let decoder = Arc::new(ExpressionDecoder::new(&models)?);
        Ok(Self { encoder, decoder, models })
    }

    /// The face of a picture file; `None` when there is none.
    pub fn open_still(&self, path: &Path) -> Result<Option<Seen>> {
        let bytes = std::fs::read(path).with_context(|| format!("{} is needed", path.display()))?;
        let picture = photo::decode(&bytes, u32::MAX)?;
        let mut tracker = Tracker::default();
        self.follow(&mut tracker, &picture)?;
        let Some(first) = self.follow(&mut tracker, &picture)? else { return Ok(None) };
        Ok(self.look_closely(&picture, &first.landmarks)?.map(|seen| Seen::new(picture, &seen)))
    }

    /// The face near these landmarks, from as many looks of the encoder as a photo gets: any picture here may become a
    /// photo, and the truth's landmarks should not lie elsewhere only because a single look is noisier.
    fn look_closely(&self, picture: &RgbaImage, landmarks: &[[f32; 3]]) -> Result<Option<Observation>> {
        let Some(region) = Region::from_landmarks(landmarks) else { return Ok(None) };
        let seen = pollster::block_on(self.encoder.observe_closely(picture, region))?;
        Ok((seen.presence >= MIN_PRESENCE).then_some(seen))
    }

    /// The face of a clip's next frame.
    pub fn next_frame(&self, tracker: &mut Tracker, frame: RgbaImage) -> Result<Option<Seen>> {
        let Some(first) = self.follow(tracker, &frame)? else { return Ok(None) };
        Ok(self.look_closely(&frame, &first.landmarks)?.map(|seen| Seen::new(frame, &seen)))
    }

    fn follow(&self, tracker: &mut Tracker, picture: &RgbaImage) -> Result<Option<Observation>> {
        Ok(pollster::block_on(tracker.track(&self.encoder, picture))?)
    }

    /// The face of a rendered picture, in which it lies where `target` puts it.
    pub fn look_again(
        &self,
        picture: RgbaImage,
        photo: &FaceGeometry,
        target: &TargetGeometry,
    ) -> Result<Option<Seen>> {
        let places = photo.project(&target.shape, &target.pose);
        let expected: Vec<[f32; 3]> = places.iter().map(|p| [p.x as f32, p.y as f32, 0.0]).collect();
        Ok(self.look_closely(&picture, &expected)?.map(|seen| Seen::new(picture, &seen)))
    }

    /// Prepares a photo. Matte and background are left out: patches show little else than the face.
    pub fn stage(&self, seen: &Seen) -> Result<Stage> {
        let photo = seen.picture.clone();
        let matte = GrayImage::from_pixel(photo.width(), photo.height(), Luma([255]));
        let mesh = HeadMesh::build(&seen.face);
        let completion = Completion::find(&photo, &matte, &seen.face);
        let eyes = completion::eyes(&photo, &seen.face, completion.as_ref());
        let portrait = Portrait {
            surroundings: Disocclusion::find(&photo, &matte, &photo, &seen.face, &mesh),
            mesh,
            matte,
            plate: photo.clone(),
            mouth: mouth::prepare(&photo, &seen.face, brightest_white(&eyes)),
            eyes,
            completion,
            coefficients: seen.coefficients,
            face: seen.face.clone(),
            photo,
            faces: 1,
        };
        let scene = SoftwareScene::new(&portrait)?;
        Ok(Stage { portrait, scene })
    }

    /// The nets that repair what is rendered, as the models folder has them.
    pub fn refiner(&self) -> Result<SoftwareRefiner> {
        Ok(SoftwareRefiner::new(&self.models)?)
    }
}

impl Stage {
    /// What geometry alone makes of the photo.
    pub fn render(&mut self, target: &TargetGeometry) -> RgbaImage {
        self.scene.render(&self.portrait, target, RenderOptions::UNMARKED);
        self.scene.output().clone()
    }

    /// What geometry makes of the photo when its frame is to be refined.
    pub fn render_to_refine(&mut self, target: &TargetGeometry) -> RgbaImage {
        self.scene.render(&self.portrait, target, RenderOptions::UNMARKED.to_refine());
        self.scene.output().clone()
    }

    /// Renders the photo and has the refiner repair the frame.
    pub fn refine(&mut self, refiner: &SoftwareRefiner, target: &TargetGeometry) -> Result<RgbaImage> {
        self.render_to_refine(target);
        let mut retouch = refiner.prepare(&self.portrait)?;
        refiner.refine(&mut retouch, &self.portrait, target, &mut self.scene)?;
        Ok(self.scene.output().clone())
    }
}

/// The geometry of another picture of the same person, with lids and lips shut as the transfer
/// shuts them for a person who drives its own photo.
pub fn own_target(photo: &FaceGeometry, truth: &Seen) -> TargetGeometry {
    let mut shape = truth.face.shape.clone();
    lids::snap(&mut shape, &photo.shape, lids::openness(&photo.shape, &truth.face.shape));
    lips::close(&mut shape, &photo.shape, Some(&lips::gaps(&truth.face.shape)));
    unfold::unfold(&photo.shape, &mut shape);
    TargetGeometry { shape, ..TargetGeometry::of(&truth.motion()) }
}
