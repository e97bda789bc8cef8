//! Measures the constants of `src/transfer/visibility.rs`: how much of a change of expression that was asked for the
//! encoder reads in the render. Training people only.

use std::path::Path;

use anyhow::{Context, Result};
use ritratto::motion::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficients};
use ritratto::portrait::Portrait;
use ritratto::transfer::{Reenactment, ReenactmentOptions, visibility};

use super::cross::moved;
use super::stage::Stage;
use super::{Bench, picture};

/// One in this many of the training photos is animated.
const EVERY: usize = 53;
/// How many others' expressions each of these photos is animated with.
const EXPRESSIONS: usize = 10;
/// Smallest change of a coefficient, 0 to 1, that counts: smaller ones are lost in the noise.
const CHANGE: f32 = 0.04;

/// Prints one line a coefficient.
pub async fn run(bench: &Bench, data: &Path) -> Result<()> {
    let index = std::fs::read_to_string(data.join("index.tsv")).context("index.tsv is needed")?;
    let rows = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let frontal = |row: &Vec<&str>| [8, 9].iter().all(|&k| row[k].parse::<f32>().is_ok_and(|angle| angle.abs() < 15.0));
    let photos: Vec<String> = rows
        .filter(|row| row[1] == "still" && row[6] == "train" && frontal(row))
        .map(|row| row[0].to_owned())
        .collect();
    let mut portraits = Vec::new();
    for path in photos.iter().step_by(EVERY) {
        if let Ok(portrait) = Portrait::prepare(picture(&data.join(path))?, &bench.encoder, &bench.segmenter).await {
            portraits.push(portrait);
        }
    }
    let wanted: Vec<Coefficients> = portraits.iter().map(|portrait| portrait.coefficients).collect();
    let mut sums = [[0.0_f64; 4]; COEFFICIENTS];
    for (k, photo) in portraits.iter().enumerate() {
        let mut stage = Stage::new(bench, photo)?;
        let drive = Reenactment::new(photo, bench.decoder.clone(), ReenactmentOptions::default())?;
        let rest = bench.observe(&photo.photo, &photo.face).await?.context("the photo's face is lost")?.coefficients;
        for other in 1..=EXPRESSIONS {
            let wanted = &wanted[(k + other * 3) % wanted.len()];
            let target = drive.posed(*wanted, [0.0; 3]);
            let Some(again) = stage.seen(photo, &target).await? else { continue };
            let direct = bench.encoder.coefficients(&moved(photo, &target).landmarks).await?;
            let asked = visibility::ask(&photo.coefficients, wanted, 1.0);
            for (i, sums) in sums.iter_mut().enumerate() {
                if (wanted[i] - photo.coefficients[i]).abs() > CHANGE {
                    let from = visibility::odds(rest[i]);
                    let change = visibility::odds(asked[i]) - visibility::odds(photo.coefficients[i]);
                    sums[0] += f64::from(change * change);
                    sums[1] += f64::from(change * (visibility::odds(again.coefficients[i]) - from));
                    sums[2] += f64::from(change * (visibility::odds(direct[i]) - from));
                    sums[3] += 1.0;
                }
            }
        }
    }
    println!(
        "{} photos; coefficient, share of the asked change of odds that is read back from renders, from landmarks, changes",
        portraits.len()
    );
    for (name, [square, product, direct, count]) in COEFFICIENT_NAMES.iter().zip(sums).skip(1) {
        println!("{name:<22} {:.2} {:.2} {count:.0}", product / square, direct / square);
    }
    Ok(())
}
