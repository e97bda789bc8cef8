//! The numbers of a section and their packing.

use std::io::{BufReader, Read, Write};

use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::error::{Error, Result};
use crate::motion::units::refuse;

/// Reads the numbers of a section one by one. It never unpacks much more than the numbers that are read.
pub(super) struct NumberReader<'a> {
    content: BufReader<ZlibDecoder<&'a [u8]>>,
}

fn damaged(error: std::io::Error) -> Error {
    refuse(format!("it is damaged or cut off ({error})"))
}

impl<'a> NumberReader<'a> {
    /// A reader of the packed body of a section.
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { content: BufReader::new(ZlibDecoder::new(body)) }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.content.read_exact(&mut bytes).map_err(damaged)?;
        Ok(bytes)
    }

    pub(super) fn real(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.bytes()?))
    }

    pub(super) fn number(&mut self) -> Result<i32> {
        let mut zigzag: u64 = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.bytes()?;
            zigzag |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                let zigzag = u32::try_from(zigzag).map_err(|_| refuse("a number is too large"))?;
                return Ok((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32));
            }
        }
        Err(refuse("a number is too large"))
    }

    pub(super) fn numbers(&mut self, count: usize) -> Result<Vec<i32>> {
        (0..count).map(|_| self.number()).collect()
    }

    /// Reads a number that counts something.
    pub(super) fn count(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| refuse("a number that counts something is negative"))
    }

    /// Makes sure that the content ends here, that nothing follows the stream, and that the checksum is right.
    pub(super) fn end(mut self) -> Result<()> {
        let more = self.content.read(&mut [0]).map_err(damaged)?;
        if more == 0 && self.content.get_ref().get_ref().is_empty() {
            Ok(())
        } else {
            Err(refuse("a section is longer than its content"))
        }
    }
}

/// Gathers the numbers of a section.
#[derive(Default)]
pub(super) struct NumberWriter {
    content: Vec<u8>,
}

impl NumberWriter {
    pub(super) fn real(&mut self, value: f64) {
        self.content.extend(value.to_le_bytes());
    }

    pub(super) fn number(&mut self, value: i32) {
        let mut zigzag = ((value << 1) ^ (value >> 31)) as u32;
        while zigzag >= 0x80 {
            self.content.push(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        self.content.push(zigzag as u8);
    }

    /// Adds a number that counts frames or components: their limits are far below 2^31.
    pub(super) fn count(&mut self, value: usize) {
        self.number(value as i32);
    }

    /// Packs the numbers and appends them to `out` as the section `name`.
    pub(super) fn finish(self, name: &[u8; 4], out: &mut Vec<u8>) -> Result<()> {
        let failed = |error: std::io::Error| refuse(format!("it cannot be packed ({error})"));
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&self.content).map_err(failed)?;
        let body = packer.finish().map_err(failed)?;
        let length = u32::try_from(body.len()).map_err(|_| refuse("it is too large"))?;
        out.extend(name);
        out.extend(length.to_le_bytes());
        out.extend(body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content).unwrap();
        packer.finish().unwrap()
    }

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec(any::<i32>(), 0..200), real in any::<f64>()) {
            let mut writer = NumberWriter::default();
            writer.real(real);
            values.iter().for_each(|&value| writer.number(value));
            let mut out = Vec::new();
            writer.finish(b"TEST", &mut out).unwrap();
            prop_assert_eq!(&out[..4], b"TEST");
            let mut reader = NumberReader::new(&out[8..]);
            prop_assert_eq!(reader.real().unwrap().to_bits(), real.to_bits());
            prop_assert_eq!(reader.numbers(values.len()).unwrap(), values);
            prop_assert!(reader.end().is_ok());
        }
    }

    #[test]
    fn what_is_left_over_or_too_large_is_refused() {
        let mut body = packed(&[2, 4]);
        let mut reader = NumberReader::new(&body);
        assert_eq!(reader.number().unwrap(), 1);
        assert!(reader.end().is_err());
        body.push(0);
        let mut reader = NumberReader::new(&body);
        assert_eq!(reader.numbers(2).unwrap(), [1, 2]);
        assert!(reader.end().is_err());
        for long in [&[0xFF, 0xFF, 0xFF, 0xFF, 0x1F][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], &[0x80]] {
            assert!(NumberReader::new(&packed(long)).number().is_err());
        }
        assert!(NumberReader::new(&packed(&[1])).count().is_err());
    }
}
