//! Reads half-precision safetensors into a net.

use burn::module::Module;
use burn::store::{FloatCastAdapter, ModuleSnapshot, SafetensorsStore};
use burn::tensor::DType;

use crate::error::{Error, Result};
use crate::models::Models;

/// Loads the file `name` into `net`, widening f16 to f32.
///
/// # Errors
/// [`Error::ModelMissing`] without the file, [`Error::ModelCorrupt`] when it
/// cannot be read or does not hold exactly the net's tensors.
pub(crate) fn load<M: Module + ModuleSnapshot>(mut net: M, models: &Models, name: &str) -> Result<M> {
    let corrupt = |reason: String| Error::ModelCorrupt { name: name.into(), reason };
    let mut store = SafetensorsStore::from_bytes(Some(models.bytes(name)?.to_vec()))
        .with_from_adapter(FloatCastAdapter::to(DType::F32));
    let result = net.load_from(&mut store).map_err(|error| corrupt(error.to_string()))?;
    if let Some(key) = result.unused.first() {
        return Err(corrupt(format!("it holds {key}, which the net does not have")));
    }
    Ok(net)
}
