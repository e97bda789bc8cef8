//! The model files on their way in.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::models::Models;

/// Collects the model files; each is checked against its SHA-256 as it arrives.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct ModelFiles {
    pub(super) models: Models,
}

#[wasm_bindgen]
impl ModelFiles {
    /// An empty files.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file in.
    ///
    /// # Errors
    /// `model-missing` for a name that is not needed, `model-corrupt` for a wrong hash.
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), JsValue> {
        Ok(self.models.insert(name, bytes)?)
    }
}
