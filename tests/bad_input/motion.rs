use nalgebra::{Rotation3, Vector3};
use proptest::prelude::*;
use proptest::sample::Index;
use ritratto::Error;
use ritratto::geometry::{LANDMARKS, Pose};
use ritratto::motion::file::{LIMIT_FRAMES, read, write};
use ritratto::motion::{COEFFICIENTS, FaceMotion, MotionTrack};
use serde_json::{Value, json};

fn face(seed: f64) -> FaceMotion {
    let wave = |i: usize, k: f64| ((i as f64 + 1.0) * k + seed).sin();
    FaceMotion {
        shape: (0..LANDMARKS)
            .map(|i| Vector3::new(8.0 * wave(i, 0.7), 9.0 * wave(i, 1.3), 5.0 * wave(i, 2.1)))
            .collect(),
        pose: Pose {
            rotation: Rotation3::from_euler_angles(0.4 * wave(1, seed), 0.6 * wave(2, seed), 0.2),
            translation: Vector3::new(2.0 * seed.cos(), -3.0, -50.0 + seed),
        },
        coefficients: std::array::from_fn(|i| (wave(i, 3.1) * 0.5 + 0.5) as f32),
    }
}

fn track(seeds: &[Option<f64>], rate: f64) -> MotionTrack {
    MotionTrack { rate, neutral: face(0.1), frames: seeds.iter().map(|seed| seed.map(face)).collect() }
}

fn valid() -> Value {
    serde_json::from_slice(&write(&track(&[Some(1.0), None, Some(2.0)], 29.97)).unwrap()).unwrap()
}

fn refused(file: &Value) -> String {
    match read(&serde_json::to_vec(file).unwrap()) {
        Err(Error::Motion { reason }) => reason,
        other => panic!("{:?}", other.map(|track| track.frames.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The precision that the format's description states.
    #[test]
    fn what_is_written_is_read_back(
        seeds in prop::collection::vec(prop::option::of(-3.0..3.0f64), 1..6),
        rate in 0.5..240.0f64,
    ) {
        let track = track(&seeds, rate);
        let back = read(&write(&track).unwrap()).unwrap();
        prop_assert!((back.rate / track.rate - 1.0).abs() < 1e-12);
        prop_assert_eq!(back.frames.len(), track.frames.len());
        let pairs = track.frames.iter().zip(&back.frames);
        for (a, b) in pairs.map(|(a, b)| (a.as_ref(), b.as_ref())).chain([(Some(&track.neutral), Some(&back.neutral))]) {
            prop_assert_eq!(a.is_some(), b.is_some());
            let (Some(a), Some(b)) = (a, b) else { continue };
            for (p, q) in a.shape.iter().zip(&b.shape) {
                prop_assert!((p - q).amax() <= 0.000_5 + 1e-9);
            }
            prop_assert!(a.pose.rotation.angle_to(&b.pose.rotation) < 4e-6);
            prop_assert!((a.pose.translation - b.pose.translation).amax() <= 5e-5 + 1e-9);
            for (p, q) in a.coefficients.iter().zip(&b.coefficients) {
                prop_assert!((p - q).abs() <= 5.1e-5);
            }
        }
        // A second round changes nothing.
        prop_assert_eq!(read(&write(&back).unwrap()).unwrap().frames.iter().flatten().count(), back.frames.iter().flatten().count());
    }
}

#[test]
fn other_programs_may_add_fields_and_order_them_as_they_like() {
    let mut file = valid();
    file["author"] = json!({"name": "someone", "frames": [1, 2]});
    file["frames"][0]["note"] = json!("smiles");
    let text = format!(
        "{{\"frames\": {}, \"version\": 1, \"rate\": 25, \"neutral\": {}, \"format\": \"ritratto-motion\"}}",
        file["frames"], file["neutral"]
    );
    assert_eq!(read(text.as_bytes()).unwrap().frames.len(), 3);
    assert_eq!(read(&serde_json::to_vec(&file).unwrap()).unwrap().frames.len(), 3);
}

#[test]
fn another_format_or_version_is_refused_by_name() {
    let mut file = valid();
    file["version"] = json!(2);
    assert!(refused(&file).contains("version 2"));
    file["version"] = json!("1");
    refused(&file);
    let mut file = valid();
    file["format"] = json!("other");
    assert!(refused(&file).contains("format"));
    for text in [&b""[..], b"null", b"[]", b"{}", b"{\"format\":", b"\xff\xfe", b"not json", b"1"] {
        assert!(matches!(read(text), Err(Error::Motion { .. })), "{text:?}");
    }
}

#[test]
fn missing_fields_and_wrong_counts_are_refused() {
    for field in ["format", "version", "rate", "neutral", "frames"] {
        let mut file = valid();
        file.as_object_mut().unwrap().remove(field);
        assert!(refused(&file).contains(field), "{field}");
    }
    for (part, points) in [("/neutral", "landmarks"), ("/frames/0", "offsets")] {
        for field in [points, "rotation", "translation", "coefficients"] {
            let mut file = valid();
            file.pointer_mut(part).unwrap().as_object_mut().unwrap().remove(field);
            assert!(refused(&file).contains(field), "{part} {field}");
            for change in [-1, 1] {
                let mut file = valid();
                let list = file.pointer_mut(&format!("{part}/{field}")).unwrap().as_array_mut().unwrap();
                if change < 0 {
                    list.pop();
                } else {
                    list.push(json!(0));
                }
                refused(&file);
            }
        }
    }
    let mut file = valid();
    file["frames"] = json!([]);
    assert!(refused(&file).contains("no frames"));
}

#[test]
fn numbers_that_are_none_or_out_of_range_are_refused() {
    // JSON has no NaN; programs that write it anyway, as a word, a null or a huge exponent, are refused.
    let text = serde_json::to_string(&valid()).unwrap();
    let rate = "\"rate\":29.97";
    for word in ["NaN", "Infinity", "-Infinity", "1e999", "null", "\"25\"", "0", "-25", "1e9"] {
        let changed = text.replace(rate, &format!("\"rate\":{word}"));
        assert_ne!(changed, text);
        assert!(matches!(read(changed.as_bytes()), Err(Error::Motion { .. })), "rate {word}");
    }
    let cases = [
        ("/frames/0/offsets/7", json!(2_000_000_000)),
        ("/frames/0/offsets/7", json!(0.5)),
        ("/frames/0/offsets/7", json!(null)),
        ("/neutral/landmarks/0", json!(-2_000_000_000)),
        ("/neutral/landmarks/0", json!(200_000)),
        ("/frames/2/translation/2", json!(1e300)),
        ("/frames/2/translation/2", json!(null)),
        ("/frames/2/rotation/0", json!(3.0)),
        ("/frames/2/rotation", json!([0, 0, 0, 0])),
        ("/frames/2/rotation", json!([1e200, 1e200, 0, 0])),
        ("/frames/2/coefficients/9", json!(1.5)),
        ("/frames/2/coefficients/9", json!(-0.5)),
        ("/frames/1", json!(7)),
    ];
    for (place, value) in cases {
        let mut file = valid();
        *file.pointer_mut(place).unwrap() = value.clone();
        refused(&file);
    }
}

#[test]
fn a_rounded_quaternion_is_made_exact() {
    let mut file = valid();
    file["frames"][0]["rotation"] = json!([0.92, 0.0, 0.39, 0.0]);
    let track = read(&serde_json::to_vec(&file).unwrap()).unwrap();
    let rotation = track.frames[0].as_ref().unwrap().pose.rotation;
    assert!((rotation.matrix().determinant() - 1.0).abs() < 1e-12);
}

#[test]
fn a_million_frames_are_refused_without_reading_them_all() {
    let head = serde_json::to_string(&valid()).unwrap();
    let neutral = valid()["neutral"].to_string();
    for frame in ["null", "{}"] {
        let frames = vec![frame; 1_000_000].join(",");
        let text = format!(
            "{{\"format\":\"ritratto-motion\",\"version\":1,\"rate\":30,\"neutral\":{neutral},\"frames\":[{frames}]}}"
        );
        assert!(matches!(read(text.as_bytes()), Err(Error::Motion { .. })));
    }
    let frames = vec!["null"; LIMIT_FRAMES].join(",");
    let most = format!(
        "{{\"format\":\"ritratto-motion\",\"version\":1,\"rate\":30,\"neutral\":{neutral},\"frames\":[{frames}]}}"
    );
    assert_eq!(read(most.as_bytes()).unwrap().frames.len(), LIMIT_FRAMES);
    let one_more = most.replace("[null", "[null,null");
    assert!(matches!(read(one_more.as_bytes()), Err(Error::Motion { reason }) if reason.contains("more than")));
    assert!(head.len() < 40_000, "a short file is short: {}", head.len());
}

#[test]
fn a_track_that_could_not_be_read_is_not_written() {
    let good = || track(&[Some(1.0)], 30.0);
    let spoil: [fn(&mut MotionTrack); 8] = [
        |t| t.rate = f64::NAN,
        |t| t.rate = 0.0,
        |t| t.frames.clear(),
        |t| t.frames = vec![None; LIMIT_FRAMES + 1],
        |t| t.neutral.shape[3].y = f64::NAN,
        |t| t.neutral.shape.truncate(468),
        |t| t.frames[0].as_mut().unwrap().pose.translation.x = f64::INFINITY,
        |t| t.frames[0].as_mut().unwrap().coefficients[COEFFICIENTS - 1] = f32::NAN,
    ];
    write(&good()).unwrap();
    for (i, spoil) in spoil.iter().enumerate() {
        let mut track = good();
        spoil(&mut track);
        assert!(matches!(write(&track), Err(Error::Motion { .. })), "{i}");
    }
}

proptest! {
    #[test]
    fn random_bytes_are_no_motion(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let refused = matches!(read(&bytes), Err(Error::Motion { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn random_json_is_no_motion(text in "[\\[\\]{}\",:0-9a-z.e-]{0,80}") {
        let refused = matches!(read(text.as_bytes()), Err(Error::Motion { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn damaged_motion_is_an_error_or_a_track(
        changes in prop::collection::vec((any::<Index>(), prop::sample::select(b"0123456789-.,[]{}\"en".to_vec())), 0..4),
        keep in prop::option::of(any::<Index>()),
    ) {
        let bytes = write(&track(&[Some(1.0)], 25.0)).unwrap();
        match read(&crate::damage(bytes, &changes, keep)) {
            Ok(track) => {
                let finite = track.frames.iter().flatten().all(|f| f.shape.iter().all(|p| p.iter().all(|v| v.is_finite())));
                prop_assert!(finite && track.rate > 0.0);
            }
            Err(error) => prop_assert_eq!(error.code(), "motion"),
        }
    }
}
