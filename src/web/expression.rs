//! The calls that set the expression by hand, or set how strongly a driver's motion is carried over.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::active::needed;
use super::session::Session;
use crate::error::{Error, Result};
use crate::motion::{Coefficients, builtin, file};
use crate::transfer::{ExpressionMode, TransferOptions};

#[wasm_bindgen]
impl Session {
    /// Sets what is carried over from the driver, from its next frame on: `mode` is `"absolute"` or
    /// `"relative"`, the four strengths lie in \[0, 2\].
    ///
    /// # Errors
    /// `option`.
    #[wasm_bindgen(js_name = setTransfer)]
    pub fn set_transfer(
        &mut self,
        mode: &str,
        expression: f64,
        pose: f64,
        eyes: f64,
        lips: f64,
        mirror: bool,
    ) -> std::result::Result<(), JsValue> {
        let mode = match mode {
            "absolute" => ExpressionMode::Absolute,
            "relative" => ExpressionMode::Relative,
            _ => Err(Error::Option { option: "mode", expected: "\"absolute\" or \"relative\"" })?,
        };
        self.context.transfer = TransferOptions { mode, expression, pose, eyes, lips, mirror }.checked()?;
        if let Some(active) = &mut self.active {
            active.reenactment.set_transfer(self.context.transfer)?;
        }
        self.driver.show_again();
        Ok(())
    }

    /// Shows the portrait with exactly these 52 coefficients and its head turned from the photo's
    /// pose by yaw, pitch and roll, degrees. A driver takes over again with its next frame.
    ///
    /// # Errors
    /// `not-ready` without a photo, `option` for another number of coefficients or one that is not
    /// finite, `gpu`.
    #[wasm_bindgen(js_name = setExpression)]
    pub async fn set_expression(
        &mut self,
        coefficients: Vec<f32>,
        yaw: f64,
        pitch: f64,
        roll: f64,
    ) -> std::result::Result<(), JsValue> {
        let turn = [yaw, pitch, roll];
        let wanted = checked(&coefficients, turn)?;
        self.context.painter.ready().await;
        needed(&mut self.active)?.pose(&mut self.context, wanted, turn).await?;
        Ok(())
    }

    /// A motion file that holds this expression for one second. No photo is needed, and nothing of
    /// one is in it.
    ///
    /// # Errors
    /// `option` as for [`set_expression`](Self::set_expression), `motion`.
    #[wasm_bindgen(js_name = expressionMotion)]
    pub fn expression_motion(
        &self,
        coefficients: &[f32],
        yaw: f64,
        pitch: f64,
        roll: f64,
    ) -> std::result::Result<Vec<u8>, JsValue> {
        let turn = [yaw, pitch, roll];
        let track = builtin::expression(&checked(coefficients, turn)?, turn, &self.models)?;
        Ok(file::write(&track)?)
    }
}

/// Coefficients from JavaScript, kept within \[0, 1\].
fn checked(values: &[f32], turn: [f64; 3]) -> Result<Coefficients> {
    let refused = Error::Option { option: "expression", expected: "52 coefficients and three angles" };
    let mut wanted = Coefficients::try_from(values).map_err(|_| refused)?;
    if wanted.iter().any(|v| !v.is_finite()) || turn.iter().any(|v| !v.is_finite()) {
        return Err(Error::Option { option: "expression", expected: "finite numbers" });
    }
    wanted.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
    Ok(wanted)
}
