//! Pairs from stills: a face is moved to a stranger's expression, and back.

use anyhow::Result;
use ritratto::motion::{COEFFICIENT_NAMES, Coefficients, FaceMotion, coefficient};
use ritratto::transfer::expression::Expression;
use ritratto::transfer::limits::limit_pose;
use ritratto::transfer::{Person, TargetGeometry, lips, turned};

use super::random::Random;
use super::shards::{Kind, Origin, Pair, Sink};
use super::workshop::{Seen, Workshop, own_target};

/// Deviations of the head's turn (yaw, pitch, roll), degrees: beyond about 20 the silhouette tears.
const TURN: [f64; 3] = [9.0, 6.0, 3.0];
/// Mean blink above which eyes count as closed: geometry cannot open them.
const CLOSED: f32 = 0.45;
/// Share of sources with one driver's upper and another's lower face.
const MIXED: f64 = 0.3;

/// A face whose expression is borrowed.
pub struct Donor {
    pub person: String,
    pub lively: bool,
    pub motion: FaceMotion,
}

/// Adds `count` pairs of which `truth` is the truth.
pub fn pairs(
    shop: &Workshop,
    origin: &Origin<'_>,
    truth: &Seen,
    donors: &[Donor],
    count: usize,
    random: &mut Random,
    out: &mut dyn Sink,
) -> Result<()> {
    let strangers: Vec<&Donor> = donors.iter().filter(|donor| donor.person != origin.person).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    let person = Person::new(shop.decoder.clone(), truth.motion())?;
    let mut stage = shop.stage(truth)?;
    for _ in 0..count {
        let source = source(&person, truth, &strangers, random)?;
        let moved = stage.render(&source);
        let Some(photo) = shop.look_again(moved, &stage.portrait.face, &source)? else { continue };
        let photo = Seen { tongue: truth.tongue, ..photo };
        let target = own_target(&photo.face, truth);
        let mut moved = shop.stage(&photo)?;
        out.pair(shop, &mut moved, &Pair { origin, photo: &photo, target: &target, truth })?;
    }
    Ok(())
}

/// A stranger's expression on this person, the head a little turned.
fn source(person: &Person, truth: &Seen, donors: &[&Donor], random: &mut Random) -> Result<TargetGeometry> {
    let mut draw = || {
        let lively = random.share() < 0.6;
        let donor = donors[random.below(donors.len())];
        // A second draw where the first has not the wanted kind: rare kinds become more frequent.
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
    let shape = person.shape(&expression)?;
    let pose = &person.rest().pose;
    let turn = TURN.map(|deviation| random.normal(deviation));
    Ok(TargetGeometry { shape, pose: limit_pose(pose, &turned(pose, turn)), coefficients: wanted })
}

impl Origin<'_> {
    /// Of a still that is moved away and back.
    pub fn undone(person: &str) -> Origin<'_> {
        Origin { kind: Kind::Undone, person }
    }
}
