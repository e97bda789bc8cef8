//! What a face is to do on a sheet: coefficients and angles that are named, or a frame of a built-in motion.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use ritratto::models::Models;
use ritratto::motion::{COEFFICIENT_NAMES, FaceMotion, TargetGeometry, builtin};
use ritratto::portrait::Portrait;
use ritratto::transfer::{ExpressionDecoder, Reenactment, ReenactmentOptions};

use super::calm::calm;

/// One column of a sheet.
pub enum Look {
    /// Coefficients that are set, by index, on the photo's or on those of a face at rest, and the head's turn from the
    /// photo's: yaw, pitch, roll, degrees.
    Posed { wanted: Vec<(usize, f32)>, turn: [f64; 3], at_rest: bool },
    /// A frame of a built-in motion, and that motion's neutral face.
    Driven { neutral: Box<FaceMotion>, motion: Box<FaceMotion> },
}

impl Look {
    /// Reads `@laugh:35` (a motion and its frame), or words such as `calm jawOpen=.5 mouthSmile*=.6 yaw=10`, where
    /// `*` stands for left and right, and no word at all is the photo as it is.
    pub fn parse(text: &str, models: &Models) -> Result<Self> {
        if let Some((name, frame)) = text.trim().strip_prefix('@').and_then(|motion| motion.split_once(':')) {
            let track = builtin::track(name, models)?;
            let motion = track.frame(frame.parse()?).with_context(|| format!("{name} has {} frames", track.len()))?;
            return Ok(Self::Driven { neutral: Box::new(track.neutral().clone()), motion: Box::new(motion) });
        }
        let (mut wanted, mut turn, mut at_rest) = (Vec::new(), [0.0; 3], false);
        for word in text.split_whitespace() {
            let Some((name, value)) = word.split_once('=') else {
                ensure!(word == "calm", "\"{word}\" is neither \"calm\" nor NAME=VALUE");
                at_rest = true;
                continue;
            };
            if let Some(axis) = ["yaw", "pitch", "roll"].iter().position(|axis| *axis == name) {
                turn[axis] = value.parse()?;
                continue;
            }
            let sides = ["Left", "Right"].map(|side| name.replace('*', side));
            let named: Vec<usize> =
                (0..COEFFICIENT_NAMES.len()).filter(|&i| sides.iter().any(|s| s == COEFFICIENT_NAMES[i])).collect();
            if named.is_empty() {
                bail!("there is no coefficient \"{name}\"");
            }
            let value: f32 = value.parse()?;
            wanted.extend(named.into_iter().map(|index| (index, value)));
        }
        Ok(Self::Posed { wanted, turn, at_rest })
    }

    /// The target geometry of a portrait that does it.
    pub fn target(&self, portrait: &Portrait, decoder: &Arc<ExpressionDecoder>) -> Result<TargetGeometry> {
        match self {
            Self::Posed { wanted, turn, at_rest } => {
                let photo = portrait.coefficients;
                let mut coefficients = if *at_rest { calm(photo) } else { photo };
                wanted.iter().for_each(|&(index, value)| coefficients[index] = value);
                Ok(reenactment(portrait, decoder)?.posed(coefficients, *turn))
            }
            Self::Driven { neutral, motion } => {
                let mut reenactment = reenactment(portrait, decoder)?;
                reenactment.with_neutral((**neutral).clone())?;
                Ok(reenactment.drive(Some(motion), 0.0)?)
            }
        }
    }
}

/// A portrait's reenactment without smoothing: every look stands for itself.
fn reenactment(portrait: &Portrait, decoder: &Arc<ExpressionDecoder>) -> Result<Reenactment> {
    let options = ReenactmentOptions { measured: false, smooth: false, ..Default::default() };
    Ok(Reenactment::new(portrait, decoder.clone(), options)?)
}
