//! Truths that no picture shows: open mouths, bent to a stranger expression.
//!
//! Who bares the teeth in the data smiles or laughs. Of a sneer, a snarl or lips drawn down, and of what an editor may ask for, there is no
//! picture, and a net that never saw one takes bared teeth for a tongue. Geometry bends lips well; what it lacks is
//! what is between them, and in a photo with open lips that is there. So such a photo is bent and taken for the truth.

use anyhow::Result;
use ritratto::motion::{COEFFICIENT_NAMES, coefficient};
use ritratto::transfer::expression::Expression;
use ritratto::transfer::{Person, TargetGeometry};

use super::random::Random;
use super::undone::{APART, lip_gap, placed};
use super::workshop::{Seen, Stage};

/// What pulls at a mouth, and how strongly at most.
const PULLS: [(&str, f64); 16] = [
    ("noseSneer", 1.0),
    ("mouthStretch", 1.0),
    ("mouthUpperUp", 1.0),
    ("mouthLowerDown", 1.0),
    ("mouthFrown", 1.0),
    ("mouthLeft", 0.6),
    ("mouthRight", 0.6),
    ("jawLeft", 0.4),
    ("jawRight", 0.4),
    ("mouthFunnel", 0.7),
    ("mouthPucker", 0.6),
    ("mouthDimple", 0.7),
    ("mouthShrug", 0.6),
    ("cheekSquint", 1.0),
    ("cheekPuff", 0.5),
    ("jawForward", 0.5),
];
/// Smallest and largest number of them at once, and the share that pulls at one side alone, if it has two.
const AT_ONCE: [usize; 2] = [2, 7];
const ONE_SIDED: f64 = 0.35;
/// What of a smile's mouth is taken back by a random share.
const OF_SMILES: [&str; 4] = ["mouthSmile", "mouthDimple", "mouthUpperUp", "mouthLowerDown"];

/// The person of `truth` with another open mouth; `None` if the photo's is shut, or its tongue is out.
pub fn bent(person: &Person, truth: &Seen, stage: &mut Stage, random: &mut Random) -> Result<Option<Seen>> {
    if truth.tongue > 0.5 || lip_gap(&truth.face.shape) < APART {
        return Ok(None);
    }
    let mut wanted = truth.coefficients;
    for stem in OF_SMILES {
        let kept = random.share() as f32;
        each(stem, |i| wanted[i] *= kept);
    }
    let count = AT_ONCE[0] + random.below(AT_ONCE[1] - AT_ONCE[0] + 1);
    for _ in 0..count {
        let (stem, most) = PULLS[random.below(PULLS.len())];
        // The larger of two: a grimace pulls with all its might.
        let (pull, alone, left) =
            ((most * random.share().max(random.share())) as f32, random.share() < ONE_SIDED, random.share() < 0.5);
        let spared = format!("{stem}{}", if left { "Right" } else { "Left" });
        each(stem, |i| {
            if !alone || COEFFICIENT_NAMES[i] != spared {
                wanted[i] = wanted[i].max(pull);
            }
        });
    }
    // A jaw that opens farther would show what the photo does not.
    wanted[coefficient("jawOpen")] *= random.share() as f32;
    let shape = person.shape(&Expression::of(wanted, &truth.coefficients));
    let target = TargetGeometry { shape, pose: person.rest().pose, coefficients: wanted };
    if lip_gap(&target.shape) < APART {
        return Ok(None);
    }
    let picture = stage.render(&target);
    Ok(Some(Seen { picture, face: placed(&truth.face, &target, || 0.0), coefficients: wanted, tongue: truth.tongue }))
}

/// The coefficients of this name, of both sides.
fn each(stem: &str, mut change: impl FnMut(usize)) {
    COEFFICIENT_NAMES.iter().enumerate().filter(|(_, name)| name.starts_with(stem)).for_each(|(i, _)| change(i));
}
