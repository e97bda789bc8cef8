//! A picture for the encoder, on the CPU or on the GPU.

use image::RgbaImage;

use super::cutter::FrameTexture;

/// A picture that the encoder looks at.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// Pixels on the CPU.
    Pixels(&'a RgbaImage),
    /// A texture on the GPU that the nets run on.
    Texture(&'a FrameTexture),
}

impl Source<'_> {
    /// Width and height, pixels.
    #[must_use]
    pub fn dimensions(&self) -> (u32, u32) {
        match self {
            Self::Pixels(picture) => picture.dimensions(),
            Self::Texture(frame) => frame.dimensions(),
        }
    }
}

impl<'a> From<&'a RgbaImage> for Source<'a> {
    fn from(picture: &'a RgbaImage) -> Self {
        Self::Pixels(picture)
    }
}

impl<'a> From<&'a FrameTexture> for Source<'a> {
    fn from(frame: &'a FrameTexture) -> Self {
        Self::Texture(frame)
    }
}
