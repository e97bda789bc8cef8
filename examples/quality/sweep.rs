//! Motion that no driver of the data shows: set by hand, rendered, and read again from the render.

use anyhow::Result;
use ritratto::motion::coefficient;
use ritratto::portrait::Portrait;
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::Bench;
use super::cross::moved;
use super::scores::Scores;
use super::stage::Stage;

/// Sideways motion that is swept by hand: a coefficient, the value up to which it is swept and read again, and a
/// landmark. The landmark's sideways motion is swept up to a coefficient of 1, and measured as a share of its motion
/// there.
const SWEPT: [(&str, f32, usize); 4] =
    [("jawLeft", 0.9, 17), ("jawRight", 0.9, 17), ("mouthLeft", 0.5, 14), ("mouthRight", 0.5, 14)];
/// Steps of a sweep after its start at 0.
const SWEEP_STEPS: u8 = 4;
/// Smallest sideways motion, centimetres, of a landmark at a coefficient of 1; if it moves less, it is not measured.
const SHORTEST_WAY: f64 = 0.01;

/// Sweeps each coefficient by itself on the photo, which no driver of the data does.
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
