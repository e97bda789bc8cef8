//! Truths that no picture of the data shows: open mouths, bent to rarer expressions.
//!
//! People who bare their teeth in the data smile or laugh. It has no picture of a sneer, a snarl or lips drawn down,
//! nor of what an editor may ask for, and a net that never saw one takes bared teeth for a tongue. Geometry bends lips
//! well; it only lacks what lies between them, and a photo with open lips shows that. So such a photo is bent, and the
//! result is taken for the truth.

use anyhow::Result;
use ritratto::motion::{COEFFICIENT_NAMES, TargetGeometry, coefficient};
use ritratto::transfer::Person;
use ritratto::transfer::expression::Expression;

use super::random::Random;
use super::undone::{APART, lip_gap, placed};
use super::workshop::{Seen, Stage};

/// Coefficients that pull at a mouth, by the beginnings of their names, and the largest value of each.
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
/// Smallest and largest number of [`PULLS`] at once.
const AT_ONCE: [usize; 2] = [2, 7];
/// Share of the pulls that pull at one side of the mouth only, if the coefficient has two sides.
const ONE_SIDED: f64 = 0.35;
/// Coefficients of a smile, by the beginnings of their names; a random share of each is taken back.
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
        // The larger of two random shares is used, because a grimace pulls strongly.
        let (pull, alone, left) =
            ((most * random.share().max(random.share())) as f32, random.share() < ONE_SIDED, random.share() < 0.5);
        let spared = format!("{stem}{}", if left { "Right" } else { "Left" });
        each(stem, |i| {
            if !alone || COEFFICIENT_NAMES[i] != spared {
                wanted[i] = wanted[i].max(pull);
            }
        });
    }
    // The jaw only closes: opened farther, it would bare what the photo does not show.
    wanted[coefficient("jawOpen")] *= random.share() as f32;
    let shape = person.shape(&Expression::of(wanted, &truth.coefficients));
    let target = TargetGeometry { shape, pose: person.rest().pose, coefficients: wanted };
    if lip_gap(&target.shape) < APART {
        return Ok(None);
    }
    let picture = stage.render(&target);
    Ok(Some(Seen { picture, face: placed(&truth.face, &target, || 0.0), coefficients: wanted, tongue: truth.tongue }))
}

/// Visits the coefficients whose names begin with `stem`, of both sides.
fn each(stem: &str, mut change: impl FnMut(usize)) {
    COEFFICIENT_NAMES.iter().enumerate().filter(|(_, name)| name.starts_with(stem)).for_each(|(i, _)| change(i));
}
