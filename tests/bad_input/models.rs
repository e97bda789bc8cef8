use proptest::prelude::*;
use ritratto::Error;
use ritratto::models::{Models, manifest};

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

#[test]
fn one_flipped_bit_is_noticed_in_every_model() {
    for name in manifest().unwrap().keys() {
        let whole = std::fs::read(folder().join(name)).unwrap();
        Models::default().insert(name, whole.clone()).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            let error = Models::default().insert(name, damaged).unwrap_err();
            assert!(matches!(&error, Error::ModelCorrupt { name: named, .. } if named == name), "{error}");
        }
        let cut = whole[..whole.len() - 1].to_vec();
        assert!(matches!(Models::default().insert(name, cut), Err(Error::ModelCorrupt { .. })));
    }
}

#[test]
fn a_missing_or_unknown_model_is_named() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Models::from_folder(empty.path()), Err(Error::ModelMissing { .. })));
    let error = Models::default().insert("other.safetensors", vec![1]).unwrap_err();
    assert!(matches!(error, Error::ModelMissing { name } if name == "other.safetensors"));
    assert!(matches!(Models::default().bytes("expression_basis.safetensors"), Err(Error::ModelMissing { .. })));
}

proptest! {
    #[test]
    fn random_bytes_are_no_model(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in manifest().unwrap().keys() {
            let refused = matches!(Models::default().insert(name, bytes.clone()), Err(Error::ModelCorrupt { .. }));
            prop_assert!(refused);
        }
    }
}
