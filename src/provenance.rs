//! What saved files say about themselves: that a program made the face move.

use std::io::Write;

use image::RgbaImage;

/// Name of the program.
pub const SOFTWARE: &str = "Ritratto";
/// What the picture is.
pub const DESCRIPTION: &str = "AI-animated portrait";
/// IPTC's term for a picture that is composed with synthetic elements (Digital Source Type NewsCodes).
pub const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic";

/// One line for containers with a plain comment.
#[must_use]
pub fn comment() -> String {
    format!("{DESCRIPTION}, made with {SOFTWARE}; digital source type {SOURCE_TYPE}")
}

/// XMP packet with the digital source type (IPTC Photo Metadata Standard, Extension schema).
#[must_use]
pub fn xmp() -> String {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmp:CreatorTool=\"{SOFTWARE}\" Iptc4xmpExt:DigitalSourceType=\"{SOURCE_TYPE}\"/>\
         </rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    )
}

/// What is put into a clip that a browser has recorded, so that it carries this information; nothing for another kind of file than `video/webm`
/// and `video/mp4`. Tags of a WebM file (Matroska, RFC 9559) lie before its first cluster, where players look for them: a segment of unknown
/// length, as recorders write it, takes them in. A box with an XMP packet (XMP specification, part 3) lies behind all others of an MP4 file.
#[must_use]
pub fn clip_tags(kind: &str) -> Vec<u8> {
    match kind {
        "video/webm" => {
            let texts = [("TITLE", DESCRIPTION.to_owned()), ("ENCODER", SOFTWARE.to_owned()), ("COMMENT", comment())];
            let tag = |(name, text): (&str, String)| {
                element(
                    SIMPLE_TAG,
                    &[element(TAG_NAME, name.as_bytes()), element(TAG_STRING, text.as_bytes())].concat(),
                )
            };
            let parts = [element(TARGETS, &[])].into_iter().chain(texts.map(tag));
            element(TAGS, &element(TAG, &parts.collect::<Vec<_>>().concat()))
        }
        "video/mp4" => {
            let packet = xmp();
            let length = (8 + XMP_BOX.len() + packet.len()) as u32;
            [&length.to_be_bytes(), b"uuid".as_slice(), &XMP_BOX, packet.as_bytes()].concat()
        }
        _ => Vec::new(),
    }
}

/// Elements of a Matroska file, RFC 9559.
const TAGS: &[u8] = &[0x12, 0x54, 0xC3, 0x67];
const TAG: &[u8] = &[0x73, 0x73];
const TARGETS: &[u8] = &[0x63, 0xC0];
const SIMPLE_TAG: &[u8] = &[0x67, 0xC8];
const TAG_NAME: &[u8] = &[0x45, 0xA3];
const TAG_STRING: &[u8] = &[0x44, 0x87];
/// The box of an MP4 file that holds an XMP packet, by its UUID.
const XMP_BOX: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];

/// An element of a Matroska file: its length is written in four bytes, less than 2^28.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &(content.len() as u32 | 0x1000_0000).to_be_bytes(), content].concat()
}

/// Writes an opaque picture as a PNG file that carries this information (alpha is dropped).
///
/// # Errors
/// What the encoder or `file` says.
pub fn write_png(picture: &RgbaImage, file: impl Write) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.add_text_chunk("Software".into(), SOFTWARE.into())?;
    encoder.add_text_chunk("Description".into(), DESCRIPTION.into())?;
    encoder.add_itxt_chunk("XML:com.adobe.xmp".into(), xmp())?;
    let rgb: Vec<u8> = picture.pixels().flat_map(|p| [p.0[0], p.0[1], p.0[2]]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first element of these bytes if it has this name, and what is behind it.
    fn opened<'a>(bytes: &'a [u8], id: &[u8]) -> Option<[&'a [u8]; 2]> {
        let (length, rest) = bytes.strip_prefix(id)?.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) & 0x0FFF_FFFF;
        rest.split_at_checked(length as usize).map(|(content, behind)| [content, behind])
    }

    #[test]
    fn a_recorded_clip_says_what_it_is() {
        let webm = clip_tags("video/webm");
        let [tags, behind] = opened(&webm, TAGS).unwrap_or_default();
        assert!(behind.is_empty() && !tags.is_empty());
        let [tag, _] = opened(tags, TAG).unwrap_or_default();
        let [_, mut rest] = opened(tag, TARGETS).unwrap_or_default();
        let mut told = Vec::new();
        while let Some([simple, next]) = opened(rest, SIMPLE_TAG) {
            let [name, text] = opened(simple, TAG_NAME).unwrap_or_default();
            let [text, _] = opened(text, TAG_STRING).unwrap_or_default();
            told.push([name, text].map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
            rest = next;
        }
        assert!(rest.is_empty() && told.contains(&["COMMENT".to_owned(), comment()]), "{told:?}");
        let mp4 = clip_tags("video/mp4");
        assert_eq!(mp4[..4], (mp4.len() as u32).to_be_bytes());
        assert!(mp4[4..].starts_with(b"uuid") && mp4.ends_with(xmp().as_bytes()));
        assert!(clip_tags("audio/ogg").is_empty());
    }
}
