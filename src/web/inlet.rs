//! A video's frames on their way to the nets, on the GPU from first to last.

use web_sys::VideoFrame;

use crate::encoder::{Encoder, FrameTexture};
use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// The texture that frames are copied to; made once, and again when their size changes.
#[derive(Debug, Default)]
pub struct Inlet(Option<FrameTexture>);

impl Inlet {
    /// The frame as a texture for the encoder.
    ///
    /// # Errors
    /// [`Error::Driver`] for a frame without pixels or with too many, [`Error::NotReady`] where the nets run on the CPU.
    pub fn take(&mut self, gpu: &Gpu, encoder: &Encoder, picture: VideoFrame, mirrored: bool) -> Result<&FrameTexture> {
        let size @ [width, height] = [picture.display_width(), picture.display_height()];
        if width.min(height) == 0 || width.max(height) > gpu.device.limits().max_texture_dimension_2d {
            return Err(Error::Driver { reason: format!("a frame has {width} x {height} pixels") });
        }
        let fits = |frame: &FrameTexture| frame.dimensions() == (width, height) && frame.is_mirrored() == mirrored;
        let frame = match self.0.take().filter(fits) {
            Some(frame) => frame,
            None => encoder.frame_texture(size, mirrored).ok_or(Error::NotReady { needed: "A GPU for the nets" })?,
        };
        let source = wgpu::CopyExternalImageSourceInfo {
            source: wgpu::ExternalImageSource::VideoFrame(picture),
            origin: wgpu::Origin2d::ZERO,
            flip_y: false,
        };
        let goal = wgpu::CopyExternalImageDestInfo {
            texture: frame.texture(),
            mip_level: 0,
            origin: wgpu::Origin3d::ZERO,
            aspect: wgpu::TextureAspect::All,
            color_space: wgpu::PredefinedColorSpace::Srgb,
            premultiplied_alpha: false,
        };
        gpu.queue.copy_external_image_to_texture(&source, goal, frame.texture().size());
        Ok(self.0.insert(frame))
    }
}
