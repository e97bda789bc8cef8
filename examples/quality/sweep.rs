//! Motion that no driver of the data shows, made by hand and read again from the render.

use anyhow::Result;
use ritratto::motion::coefficient;
use ritratto::portrait::Portrait;
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::Bench;
use super::cross::moved;
use super::scores::Scores;
use super::stage::Stage;

/// Sideways motion, which no driver shows: swept by hand. The coefficient is read again up to this value; the way
/// of a landmark, over the way it goes at 1, up to 1.
const SWEPT: [(&str, f32, usize); 4] =
    [("jawLeft", 0.9, 17), ("jawRight", 0.9, 17), ("mouthLeft", 0.5, 14), ("mouthRight", 0.5, 14)];
const SWEEP_STEPS: u8 = 4;
/// A landmark that goes less far than this at 1 has no way to speak of, centimetres.
const SHORTEST_WAY: f64 = 0.01;

/// Moves nothing but one feature of the photo, as no driver of the data does.
pub async fn run(bench: &Bench, photo: &Portrait, scores: &mut Scores) -> Result<()> {
    let mut stage = Stage::new(bench, photo)?;
    let drive = Reenactment::new(photo, bench.decoder.clone(), ReenactmentOptions::default())?;
    for (name, largest, landmark) in SWEPT {
        let posed = |value: f32| {
            let mut wanted = photo.coefficients;
            wanted[coefficient(name)] = value;
            drive.posed(wanted, [0.0; 3])
        };
        let full = posed(1.0).shape[landmark].x - photo.face.shape[landmark].x;
        let mut way = None;
        for step in 0..=SWEEP_STEPS {
            let share = f32::from(step) / f32::from(SWEEP_STEPS);
            let (little, whole) = (posed(largest * share), posed(share));
            let landmarks = bench.encoder.coefficients(&moved(photo, &little).landmarks).await?;
            scores.swept(&format!("{name}, on landmarks alone"), largest * share, landmarks[coefficient(name)]);
            if let Some(again) = stage.seen(photo, &little).await? {
                scores.swept(name, largest * share, again.coefficients[coefficient(name)]);
            }
            if full.abs() < SHORTEST_WAY {
                continue;
            }
            if let Some(again) = stage.seen(photo, &whole).await? {
                let x = again.motion().shape[landmark].x;
                let start = *way.get_or_insert(x);
                scores.swept(&format!("{name}, by landmark {landmark}"), share, ((x - start) / full) as f32);
            }
        }
    }
    Ok(())
}
