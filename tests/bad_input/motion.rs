use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use nalgebra::{Rotation3, UnitQuaternion, Vector3};
use proptest::prelude::*;
use proptest::sample::Index;
use ritratto::Error;
use ritratto::geometry::{LANDMARKS, Pose};
use ritratto::motion::file::{LIMIT_BYTES, LIMIT_COMPONENTS, LIMIT_FRAMES, read, write};
use ritratto::motion::{COEFFICIENTS, FaceMotion, MotionRecorder, MotionTrack};

/// Values of a frame besides its scores.
const PLAIN: usize = 4 + 3 + COEFFICIENTS;

fn wave(i: usize, k: f64, seed: f64) -> f64 {
    ((i as f64 + 1.0) * k + seed).sin()
}

/// A face that talks, more or less: three ways to move and some noise.
fn face(seed: f64) -> FaceMotion {
    let neutral = |i: usize| Vector3::new(8.0 * wave(i, 0.7, 0.0), 9.0 * wave(i, 1.3, 0.0), 5.0 * wave(i, 2.1, 0.0));
    let moved = |i: usize| {
        let ways = [0.31, 0.17, 0.05].map(|k| wave(i, k, 1.0) * (seed * (1.0 + 9.0 * k)).sin());
        Vector3::new(ways[0], ways[1], ways[2]) * 0.2 + Vector3::repeat(0.004 * wave(i, 5.3, 40.0 * seed))
    };
    FaceMotion {
        shape: (0..LANDMARKS).map(|i| neutral(i) + moved(i)).collect(),
        pose: Pose {
            rotation: Rotation3::from_euler_angles(0.4 * wave(1, seed, 0.0), 0.6 * wave(2, seed, 0.0), 0.2),
            translation: Vector3::new(2.0 * seed.cos(), -3.0, -50.0 + seed),
        },
        coefficients: std::array::from_fn(|i| (wave(i, 3.1, seed) * 0.5 + 0.5) as f32),
    }
}

fn recorder(frames: &[Option<FaceMotion>], rate: f64) -> MotionRecorder {
    let mut recorder = MotionRecorder::new(rate, Some(&face(0.1))).unwrap();
    frames.iter().for_each(|frame| recorder.push(frame.as_ref()).unwrap());
    recorder
}

fn track(seeds: &[Option<f64>], rate: f64) -> MotionTrack {
    let frames: Vec<_> = seeds.iter().map(|seed| seed.map(face)).collect();
    recorder(&frames, rate).into_track().unwrap()
}

fn valid() -> Vec<u8> {
    write(&track(&[Some(1.0), None, Some(2.0)], 29.97)).unwrap()
}

fn refused(file: &[u8]) -> String {
    match read(file) {
        Err(Error::Motion { reason }) => reason,
        other => panic!("{:?}", other.map(|track| track.len())),
    }
}

/// A section of a file: its name and its content, unpacked.
type Section = (String, Vec<u8>);

/// The sections of a file: HEAD, FACE, WAYS, SEEN, MOVE.
fn sections(file: &[u8]) -> Vec<Section> {
    let mut rest = &file[8..];
    let mut out = Vec::new();
    while !rest.is_empty() {
        let name = String::from_utf8(rest[..4].to_vec()).unwrap();
        let length = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        let mut content = Vec::new();
        ZlibDecoder::new(&rest[8..8 + length]).read_to_end(&mut content).unwrap();
        out.push((name, content));
        rest = &rest[8 + length..];
    }
    out
}

fn packed(sections: &[Section]) -> Vec<u8> {
    let mut out = b"RMOTION\x02".to_vec();
    for (name, content) in sections {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content).unwrap();
        let body = packer.finish().unwrap();
        out.extend(name.as_bytes());
        out.extend((body.len() as u32).to_le_bytes());
        out.extend(body);
    }
    out
}

/// Bytes of numbers as the format has them.
fn numbers(values: &[i64]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
        while zigzag >= 0x80 {
            out.push(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        out.push(zigzag as u8);
    }
    out
}

fn values(content: &[u8]) -> Vec<i64> {
    let mut out = Vec::new();
    let (mut zigzag, mut shift) = (0u64, 0);
    for byte in content {
        zigzag |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            out.push((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64));
            (zigzag, shift) = (0, 0);
        }
    }
    out
}

/// The valid file with the numbers of one section changed.
fn changed(name: &str, change: impl Fn(&mut Vec<i64>)) -> Vec<u8> {
    let mut sections = sections(&valid());
    let (_, content) = sections.iter_mut().find(|(known, _)| known == name).unwrap();
    // The rate at the start of HEAD is no number.
    let start = if name == "HEAD" { 8 } else { 0 };
    let mut list = values(&content[start..]);
    change(&mut list);
    content.splice(start.., numbers(&list));
    packed(&sections)
}

#[test]
fn the_tests_own_writer_is_right() {
    assert_eq!(read(&packed(&sections(&valid()))).unwrap(), read(&valid()).unwrap());
    assert_eq!(read(&changed("MOVE", |_| {})).unwrap(), read(&valid()).unwrap());
}

/// Largest differences of pose (radians, centimetres) and coefficients, and the squared error of the landmarks.
fn differences(a: &FaceMotion, b: &FaceMotion) -> (f64, f64, f32, f64) {
    let coefficients = a.coefficients.iter().zip(&b.coefficients).map(|(p, q)| (p - q).abs()).fold(0.0, f32::max);
    let [from, to] = [a, b].map(|motion| UnitQuaternion::from_rotation_matrix(&motion.pose.rotation));
    (
        from.angle_to(&to),
        (a.pose.translation - b.pose.translation).amax(),
        coefficients,
        a.shape.iter().zip(&b.shape).map(|(p, q)| (p - q).norm_squared()).sum::<f64>() / LANDMARKS as f64,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The precision that the format's description states.
    #[test]
    fn what_is_recorded_is_kept_and_what_is_written_is_read_back(
        seeds in prop::collection::vec(prop::option::of(-30.0..30.0f64), 1..150),
        rate in 0.5..240.0f64,
    ) {
        let track = track(&seeds, rate);
        prop_assert_eq!(track.len(), seeds.len());
        let mut squares = 0.0;
        for (kept, seed) in track.frames().zip(&seeds) {
            prop_assert_eq!(kept.is_some(), seed.is_some());
            let (Some(kept), Some(seed)) = (kept, seed) else { continue };
            let (turned, shifted, changed, square) = differences(&kept, &face(*seed));
            prop_assert!(turned < 2e-4 && shifted <= 0.002 && changed <= 0.001_001, "{turned} {shifted} {changed}");
            squares += square;
        }
        let seen = seeds.iter().flatten().count().max(1) as f64;
        prop_assert!((squares / seen).sqrt() <= 0.01, "{}", (squares / seen).sqrt());
        let (_, _, _, square) = differences(track.neutral(), &face(0.1));
        prop_assert!(square.sqrt() <= 0.001);
        let back = read(&write(&track).unwrap()).unwrap();
        prop_assert!(back == track);
    }
}

#[test]
fn hours_are_small_and_a_rare_expression_survives() {
    let mut recorder = MotionRecorder::new(25.0, None).unwrap();
    let wink = |motion: &mut FaceMotion| motion.shape[145..180].iter_mut().for_each(|p| p.y += 0.3);
    let seed = |i: usize| i as f64 * 0.04;
    for i in 0..5000 {
        let mut motion = face(seed(i));
        if i == 4000 {
            wink(&mut motion);
        }
        recorder.push(Some(&motion)).unwrap();
    }
    let track = recorder.into_track().unwrap();
    let mut rare = face(seed(4000));
    wink(&mut rare);
    let (_, _, _, square) = differences(&track.frame(4000).unwrap(), &rare);
    assert!(square.sqrt() < 0.03, "{}", square.sqrt());
    assert!(track.frame(5000).is_none());
    // The face of these tests has 59 lively values besides its shape.
    let bytes = write(&track).unwrap();
    assert!(bytes.len() < 100 * track.len(), "{} bytes", bytes.len());
}

#[test]
fn the_irises_are_kept_better_than_the_rest() {
    // Noise everywhere, no two frames alike: some of it must go.
    let noisy = |seed: f64| {
        let mut motion = face(seed);
        let jitter = |i: usize| 0.02 * wave(i, 12.9898, seed * 78.233);
        motion.shape.iter_mut().enumerate().for_each(|(i, p)| *p += Vector3::repeat(jitter(i)));
        motion
    };
    let frames: Vec<_> = (0..60).map(|i| Some(noisy(f64::from(i) * 0.37))).collect();
    let track = recorder(&frames, 25.0).into_track().unwrap();
    let error = |from: usize, to: usize| {
        let pairs = frames.iter().flatten().zip(track.frames().flatten());
        let square = |(a, b): (&FaceMotion, FaceMotion)| {
            (from..to).map(|i| (a.shape[i] - b.shape[i]).norm_squared()).sum::<f64>() / (to - from) as f64
        };
        (pairs.map(square).sum::<f64>() / frames.len() as f64).sqrt()
    };
    assert!(error(0, LANDMARKS) <= 0.01);
    assert!(error(468, LANDMARKS) <= 0.01, "{}", error(468, LANDMARKS));
}

#[test]
fn frames_at_odd_times_become_frames_at_a_rate() {
    let mut recorder = MotionRecorder::new(10.0, None).unwrap();
    let at = |x: f64| {
        let mut motion = face(0.5);
        motion.pose.translation.x = x;
        motion
    };
    for time in [100.0, 100.07, 100.21, 100.4, 100.5] {
        recorder.push_at(Some(&at(time - 100.0)), time).unwrap();
    }
    // A pause is left out, and so is a step back in time.
    recorder.push_at(Some(&at(7.0)), 200.0).unwrap();
    recorder.push_at(Some(&at(8.0)), 150.0).unwrap();
    let track = recorder.into_track().unwrap();
    let places: Vec<f64> = track.frames().flatten().map(|motion| motion.pose.translation.x).collect();
    for (place, expected) in places.iter().zip([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 7.0, 8.0]) {
        assert!((place - expected).abs() < 0.003, "{places:?}");
    }
    assert!((7..=8).contains(&places.len()), "{places:?}");
}

#[test]
fn a_recording_needs_a_face_and_ends_at_the_limit() {
    let mut recorder = MotionRecorder::new(30.0, None).unwrap();
    recorder.push(None).unwrap();
    assert!(matches!(recorder.clone().finish(), Err(Error::NoFaceInDriver)));
    let nothing = MotionRecorder::new(30.0, Some(&face(0.0))).unwrap();
    assert!(matches!(nothing.finish(), Err(Error::Motion { .. })));
    while !recorder.is_full() {
        recorder.push(None).unwrap();
    }
    assert!(matches!(recorder.push(Some(&face(1.0))), Err(Error::Motion { reason }) if reason.contains("more than")));
    recorder.push_at(Some(&face(1.0)), 1.0).unwrap();
    assert_eq!(recorder.len(), LIMIT_FRAMES);
}

#[test]
fn a_face_that_could_not_be_read_is_not_recorded() {
    for rate in [f64::NAN, 0.0, -25.0, f64::INFINITY, 1e9] {
        assert!(matches!(MotionRecorder::new(rate, None), Err(Error::Motion { .. })), "{rate}");
    }
    let spoil: [fn(&mut FaceMotion); 6] = [
        |m| m.shape[3].y = f64::NAN,
        |m| m.shape.truncate(468),
        |m| m.shape[470].x = 1e4,
        |m| m.pose.translation.x = f64::INFINITY,
        |m| m.pose.translation.z = -1e6,
        |m| m.coefficients[COEFFICIENTS - 1] = f32::NAN,
    ];
    for (i, spoil) in spoil.iter().enumerate() {
        let mut motion = face(1.0);
        spoil(&mut motion);
        assert!(matches!(MotionRecorder::new(25.0, Some(&motion)), Err(Error::Motion { .. })), "{i}");
        let mut recorder = MotionRecorder::new(25.0, Some(&face(0.1))).unwrap();
        let ended = recorder.push(Some(&motion)).and_then(|()| recorder.finish());
        assert!(matches!(ended, Err(Error::Motion { .. })), "{i}");
    }
}

#[test]
fn another_format_or_version_is_refused_by_name() {
    let mut file = valid();
    file[7] = 9;
    assert!(refused(&file).contains("version 9"));
    for old in [&b"{\"format\":\"ritratto-motion\",\"version\":1}"[..], b"{}", b" \n{\"format\":", b"{"] {
        assert!(refused(old).contains("record it again"), "{old:?}");
    }
    for other in [&b""[..], b"RMOTION", b"rmotion\x02", b"null", b"\xff\xfe", b"not a motion", b"GIF89a"] {
        refused(other);
    }
    assert!(refused(&vec![0; LIMIT_BYTES + 1]).contains("64 MB"));
}

#[test]
fn files_that_are_cut_off_or_go_on_are_refused() {
    let file = valid();
    for keep in 0..file.len() {
        refused(&file[..keep]);
    }
    refused(&[&file[..], b"\0"].concat());
    refused(&[&file[..], &file[8..]].concat());
    let sections = sections(&file);
    for i in 0..sections.len() {
        let mut missing = sections.clone();
        missing.remove(i);
        assert!(refused(&packed(&missing)).contains(&sections[i].0));
        let mut swapped = sections.clone();
        swapped.swap(i, (i + 1) % sections.len());
        refused(&packed(&swapped));
        let mut long = sections.clone();
        long[i].1.push(0);
        refused(&packed(&long));
        let mut short = sections.clone();
        short[i].1.pop();
        refused(&packed(&short));
    }
}

#[test]
fn rates_that_are_none_are_refused() {
    for rate in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -25.0, 1e9] {
        let mut sections = sections(&valid());
        sections[0].1.splice(..8, rate.to_le_bytes());
        assert!(refused(&packed(&sections)).contains("rate"), "{rate}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let face = |at: usize, value: i64| changed("FACE", move |list| list[at] = value);
    // Two rows: a value is told as the difference to the one above it, column by column.
    let moved = |at: usize, by: i64| changed("MOVE", move |list| list[2 * at] += by);
    let ways = |at: usize, value: i64| changed("WAYS", move |list| list[at] = value);
    let runs = |runs: &'static [i64]| changed("SEEN", move |list| *list = runs.to_vec());
    let cases = [
        changed("HEAD", |list| list[2] = 2),
        face(0, 40_000),
        changed("FACE", |list| list[..4].fill(0)),
        face(4, 3_000_000),
        face(7, -1),
        face(58, 501),
        face(PLAIN, 100_001),
        face(PLAIN, -100_001),
        face(PLAIN, i64::from(i32::MAX) + 1),
        moved(0, 30_000),
        moved(6, -3_000_000),
        moved(7, 600),
        moved(PLAIN, 40_000),
        changed("MOVE", |list| list[..2].fill(i64::from(i32::MAX))),
        ways(0, 21),
        ways(0, -1),
        ways(0, 256),
        ways(1, 1 << 21),
        runs(&[1, 1, 2]),
        runs(&[1, 1]),
        runs(&[1, 0, 0, 2]),
        runs(&[1, 0, 2]),
        runs(&[-1, 4]),
        runs(&[3]),
        runs(&[0, 3]),
        runs(&[0, 0, 3]),
    ];
    for (i, file) in cases.iter().enumerate() {
        refused(file);
        assert!(read(file).is_err(), "{i}");
    }
}

#[test]
fn more_than_a_file_may_have_is_refused_without_unpacking_it() {
    let head = |frames: i64, components: i64| changed("HEAD", move |list| *list = vec![frames, components, 0]);
    for frames in [0, -1, LIMIT_FRAMES as i64 + 1, 1_000_000, i64::from(i32::MAX)] {
        refused(&head(frames, 1));
    }
    assert!(refused(&head(1_000_000, 1)).contains("1000000 frames"));
    assert!(refused(&head(3, LIMIT_COMPONENTS as i64 + 1)).contains("components"));
    refused(&head(3, -1));
    // Announces millions of numbers and has none of them.
    let mut all = sections(&head(LIMIT_FRAMES as i64, values(&sections(&valid())[0].1[8..])[1]));
    all[3].1 = numbers(&[LIMIT_FRAMES as i64]);
    assert!(refused(&packed(&all)).contains("more than it has"));
    // A gigabyte of zeros behind the numbers is not unpacked.
    let mut all = sections(&valid());
    all[4].1.resize(1 << 26, 0);
    assert!(refused(&packed(&all)).contains("longer than"));
    // As many frames as there may be.
    let most = recorder(&vec![None; LIMIT_FRAMES], 30.0).finish().unwrap();
    assert_eq!(read(&most).unwrap().len(), LIMIT_FRAMES);
    assert!(most.len() < 5_000, "{}", most.len());
}

proptest! {
    #[test]
    fn random_bytes_are_no_motion(bytes in prop::collection::vec(any::<u8>(), 0..300), head in any::<bool>()) {
        let file = if head { [b"RMOTION\x02", &bytes[..]].concat() } else { bytes };
        let refused = matches!(read(&file), Err(Error::Motion { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn random_content_is_an_error_or_a_track(
        section in 0..5usize,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        keep in prop::option::of(any::<Index>()),
    ) {
        let mut sections = sections(&valid());
        let content = std::mem::take(&mut sections[section].1);
        sections[section].1 = crate::damage(content, &changes, keep);
        check(&packed(&sections))?;
    }

    #[test]
    fn damaged_motion_is_an_error_or_a_track(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        keep in prop::option::of(any::<Index>()),
    ) {
        check(&crate::damage(valid(), &changes, keep))?;
    }
}

fn check(file: &[u8]) -> Result<(), TestCaseError> {
    match read(file) {
        Ok(track) => {
            let finite = track.frames().flatten().all(|f| f.shape.iter().flatten().all(|v| v.abs() < 1000.0));
            prop_assert!(finite && track.rate() > 0.0);
            prop_assert!(read(&write(&track).unwrap()).unwrap() == track);
        }
        Err(error) => prop_assert_eq!(error.code(), "motion"),
    }
    Ok(())
}
