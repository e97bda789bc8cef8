//! Reads the numbers of a model file. Burn's own store reads the file's header again for every tensor, which took
//! half of the loading time.

use burn::module::Module;
use burn::store::ModuleSnapshot;
use burn::store::burn_pack::{Bytes, Tensor};
use burn::tensor::DType;
use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::Models;
use crate::error::{Error, Result};

/// A model file's tensors: safetensors of f16 or f32, in f32.
pub(crate) struct WeightFile<'a> {
    name: &'a str,
    tensors: SafeTensors<'a>,
}

impl<'a> WeightFile<'a> {
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub(crate) fn open(models: &'a Models, name: &'a str) -> Result<Self> {
        let tensors = SafeTensors::deserialize(models.bytes(name)?).map_err(|error| corrupt(name, error))?;
        Ok(Self { name, tensors })
    }

    /// The numbers of the tensor `key`, `count` of them.
    ///
    /// # Errors
    /// [`Error::ModelCorrupt`] when it is not there or of another length or kind.
    pub(crate) fn numbers(&self, key: &str, count: usize) -> Result<Vec<f32>> {
        let view = self.tensors.tensor(key).map_err(|error| corrupt(self.name, error))?;
        let values = self.widened(key, &view)?;
        if values.len() == count {
            Ok(values)
        } else {
            Err(corrupt(self.name, format!("{key} has {} numbers for {count}", values.len())))
        }
    }

    fn widened(&self, key: &str, view: &TensorView<'_>) -> Result<Vec<f32>> {
        match view.dtype() {
            Dtype::F16 => {
                Ok(view.data().as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect())
            }
            Dtype::F32 => Ok(view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
            other => Err(corrupt(self.name, format!("{key} holds numbers of another kind: {other:?}"))),
        }
    }
}

/// Loads the file `name` into `net`.
///
/// # Errors
/// [`Error::ModelMissing`] without the file, [`Error::ModelCorrupt`] when it
/// cannot be read or does not hold exactly the net's tensors.
pub(crate) fn load_net<M: Module + ModuleSnapshot>(mut net: M, models: &Models, name: &str) -> Result<M> {
    let file = WeightFile::open(models, name)?;
    let tensors = file.tensors.iter().map(|(key, view)| {
        let bytes = Bytes::from_elems(file.widened(key, &view)?);
        Ok(Tensor::new(key.into(), DType::F32, view.shape().to_vec(), None, bytes))
    });
    let result = net.apply(tensors.collect::<Result<_>>()?, None, None, false);
    if let Some(error) = result.errors.first() {
        return Err(corrupt(name, error));
    }
    if let Some((key, _)) = result.missing.first() {
        return Err(corrupt(name, format!("it lacks {key}")));
    }
    if let Some(key) = result.unused.first() {
        return Err(corrupt(name, format!("it holds {key}, which the net does not have")));
    }
    Ok(net)
}

fn corrupt(name: &str, reason: impl ToString) -> Error {
    Error::ModelCorrupt { name: name.into(), reason: reason.to_string() }
}
