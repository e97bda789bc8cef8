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
