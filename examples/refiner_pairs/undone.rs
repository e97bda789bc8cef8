//! Pairs from stills: a face is moved to a stranger's expression, and back.
//!
//! Each moved face is moved back in two ways. One takes the landmarks from where the face was moved to; they are known,
//! and only get as much noise as a photo's own landmarks have. The other takes the landmarks that the net sees in the
//! moved picture. These include the net's errors on bent faces, which no user's photo has.

use anyhow::Result;
use nalgebra::Vector3;
use ritratto::geometry::FaceGeometry;
use ritratto::geometry::camera::NEAR;
use ritratto::motion::{COEFFICIENT_NAMES, Coefficients, FaceMotion, TargetGeometry, coefficient};
use ritratto::transfer::expression::Expression;
use ritratto::transfer::limits::limit_pose;
use ritratto::transfer::{Person, lips, turned};

use super::bent::bent;
use super::random::Random;
use super::shards::{Kind, Origin, Pair, Sink};
use super::workshop::{Seen, Workshop, own_target};

/// Landmark in the middle of the upper lip's inner edge.
const UPPER_LIP: usize = 13;
/// Landmark in the middle of the lower lip's inner edge.
const LOWER_LIP: usize = 14;
/// Standard deviations of the head's turn (yaw, pitch, roll), degrees: beyond turns of about 20 the silhouette tears.
const TURN: [f64; 3] = [9.0, 6.0, 3.0];
/// Mean of both blinks above which eyes count as closed and stay as they are: geometry cannot open them.
const CLOSED: f32 = 0.45;
/// A truth's lips count as apart above this gap, centimetres.
pub const APART: f64 = 0.25;
/// A donor's lips count as shut below this gap, centimetres.
const SHUT: f64 = 0.18;
/// Where a truth's lips are apart, share of the sources whose expression comes from a donor with shut lips: what a shut
/// mouth hides is what the net has to learn.
const OF_SHUT: f64 = 0.8;
/// Share of sources that take the upper face from one donor and the lower face from another.
const MIXED: f64 = 0.3;

/// Standard deviation of the noise on known landmarks, centimetres: .2 % of the eye distance, the noise that is left
/// after four looks at a photo (`encoder/looks.rs`).
const UNSURE: f64 = 0.02;

/// A face whose expression is borrowed.
pub struct Donor {
    pub person: String,
    pub lively: bool,
    pub motion: FaceMotion,
}

impl Donor {
    fn is_shut(&self) -> bool {
        lip_gap(&self.motion.shape) < SHUT
    }
}

/// Distance of the inner lips' middles, centimetres.
pub fn lip_gap(shape: &[Vector3<f64>]) -> f64 {
    (shape[UPPER_LIP] - shape[LOWER_LIP]).norm()
}

/// Adds `count` pairs of each kind for this truth.
pub fn pairs(
    shop: &Workshop,
    person: &str,
    truth: &Seen,
    donors: &[Donor],
    count: usize,
    random: &mut Random,
    out: &mut dyn Sink,
) -> Result<()> {
    let strangers: Vec<&Donor> = donors.iter().filter(|donor| donor.person != person).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    let shape = Person::new(shop.decoder.clone(), truth.motion())?;
    let mut stage = shop.stage(truth)?;
    let mut pulls = random.aside();
    for _ in 0..count {
        let source = source(&shape, truth, &strangers, random)?;
        let moved = stage.render(&source);
        let Some(seen) = shop.look_again(moved, &stage.portrait.face, &source)? else { continue };
        let known = Seen { face: placed(&truth.face, &source, || random.normal(UNSURE)), ..seen.clone() };
        for (kind, photo) in [(Kind::Undone, known), (Kind::SeenAgain, seen)] {
            let photo = Seen { tongue: truth.tongue, ..photo };
            let mut moved = shop.stage(&photo)?;
            let mut pair = |kind: Kind, truth: &Seen| {
                let (origin, target) = (Origin { kind, person }, own_target(&photo.face, truth));
                out.pair(shop, &mut moved, &Pair { origin: &origin, photo: &photo, target: &target, truth })
            };
            pair(kind, truth)?;
            if kind == Kind::Undone {
                bent(&shape, truth, &mut stage, &mut pulls)?.map_or(Ok(()), |bent| pair(Kind::Bent, &bent))?;
            }
        }
    }
    Ok(())
}

/// A stranger's expression on this person, the head a little turned.
fn source(person: &Person, truth: &Seen, donors: &[&Donor], random: &mut Random) -> Result<TargetGeometry> {
    let shut: Vec<&Donor> = donors.iter().filter(|donor| donor.is_shut()).copied().collect();
    let from_shut = lip_gap(&truth.face.shape) > APART && random.share() < OF_SHUT && !shut.is_empty();
    let donors = if from_shut { &shut } else { donors };
    let mut draw = || {
        let lively = random.share() < 0.6;
        let donor = donors[random.below(donors.len())];
        // Where the first draw is not as lively (or calm) as wanted, a second one counts: so rare kinds become more
        // frequent.
        if donor.lively == lively { donor } else { donors[random.below(donors.len())] }
    };
    let (lower, other) = (draw(), draw());
    let upper = if random.share() < MIXED { other } else { lower };
    let rest = &truth.coefficients;
    let mut wanted: Coefficients = std::array::from_fn(|i| {
        let name = COEFFICIENT_NAMES[i];
        let donor = if name.starts_with("eye") || name.starts_with("brow") { upper } else { lower };
        donor.motion.coefficients[i]
    });
    let blink = ["eyeBlinkLeft", "eyeBlinkRight"].map(|name| rest[coefficient(name)]);
    if (blink[0] + blink[1]) / 2.0 > CLOSED {
        for (i, _) in COEFFICIENT_NAMES.iter().enumerate().filter(|(_, name)| name.starts_with("eye")) {
            wanted[i] = rest[i];
        }
    }
    let mut expression = Expression::of(wanted, rest);
    // A driver's closed mouth closes fully, or teeth would shine through the seam.
    expression.lips = Some(lips::gaps(&lower.motion.shape));
    let shape = person.shape(&expression);
    let pose = &person.rest().pose;
    let turn = TURN.map(|deviation| random.normal(deviation));
    Ok(TargetGeometry { shape, pose: limit_pose(pose, &turned(pose, turn)), coefficients: wanted })
}

/// A face where `source` moved it in the picture of `truth`, with `noise`, centimetres, on each coordinate.
pub fn placed(truth: &FaceGeometry, source: &TargetGeometry, mut noise: impl FnMut() -> f64) -> FaceGeometry {
    let shape: Vec<Vector3<f64>> = source.shape.iter().map(|p| p + Vector3::from_fn(|_, _| noise())).collect();
    let places = truth.project(&shape, &source.pose);
    let depth: Vec<f64> = shape.iter().map(|p| -source.pose.apply(p).z).collect();
    let middle = depth.iter().sum::<f64>() / depth.len() as f64;
    // Pixels for one centimetre at the depth of the face's middle.
    let pixels = truth.camera.height / truth.camera.near_plane().y * NEAR / middle;
    let both = places.iter().zip(&depth);
    let landmarks = both.map(|(p, z)| [p.x as f32, p.y as f32, ((z - middle) * pixels) as f32]).collect();
    FaceGeometry { camera: truth.camera, landmarks, shape, pose: source.pose, scale: 1.0 }
}
