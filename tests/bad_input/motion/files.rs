//! Motion files that are refused, by name and without unpacking them.

use proptest::prelude::*;
use proptest::sample::Index;
use ritratto::Error;
use ritratto::motion::COEFFICIENTS;
use ritratto::motion::file::{LIMIT_BYTES, LIMIT_COMPONENTS, LIMIT_FRAMES, read, write};

use super::faces::{recorder, valid};
use super::sections::{changed, numbers, packed, sections, values};

/// Values of a frame besides its scores.
const PLAIN: usize = 4 + 3 + COEFFICIENTS;

fn refused(file: &[u8]) -> String {
    match read(file) {
        Err(Error::Motion { reason }) => reason,
        other => panic!("{:?}", other.map(|track| track.len())),
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
