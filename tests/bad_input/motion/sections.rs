//! A motion file taken apart and put together again, by a writer of the tests' own.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use ritratto::motion::file::read;

use super::faces::valid;

/// A section of a file: its name and its content, unpacked.
pub(super) type Section = (String, Vec<u8>);

/// The sections of a file: HEAD, FACE, WAYS, SEEN, MOVE.
pub(super) fn sections(file: &[u8]) -> Vec<Section> {
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

pub(super) fn packed(sections: &[Section]) -> Vec<u8> {
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
pub(super) fn numbers(values: &[i64]) -> Vec<u8> {
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

pub(super) fn values(content: &[u8]) -> Vec<i64> {
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
pub(super) fn changed(name: &str, change: impl Fn(&mut Vec<i64>)) -> Vec<u8> {
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
