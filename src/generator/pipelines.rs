//! The shaders and pipelines of the head pass.

use wgpu::TextureFormat;

/// Samples a pixel.
pub const SAMPLES: u32 = 4;
/// Format of the output.
pub const COLOUR: TextureFormat = TextureFormat::Rgba8Unorm;
/// Format of the depth buffer.
pub const DEPTH: TextureFormat = TextureFormat::Depth32Float;

const SHADER: &str = concat!(
    include_str!("shaders/tone.wgsl"),
    include_str!("shaders/frame.wgsl"),
    include_str!("shaders/sampling.wgsl"),
    include_str!("shaders/eyes.wgsl"),
    include_str!("shaders/mouth.wgsl"),
    include_str!("shaders/head.wgsl"),
    include_str!("shaders/mark.wgsl"),
);

/// Layout and pipelines.
#[derive(Debug)]
pub struct Pipelines {
    pub layout: wgpu::BindGroupLayout,
    pub head: wgpu::RenderPipeline,
    pub rim: wgpu::RenderPipeline,
    pub mark: wgpu::RenderPipeline,
}

impl Pipelines {
    pub fn new(device: &wgpu::Device) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("head"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let texture = |binding: u32, view_dimension| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
            ty: wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: false },
                view_dimension,
                multisampled: false,
            },
            count: None,
        };
        let uniform = wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let (flat, array) = (wgpu::TextureViewDimension::D2, wgpu::TextureViewDimension::D2Array);
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("portrait"),
            entries: &[
                uniform,
                texture(1, flat),
                texture(2, flat),
                texture(3, flat),
                texture(4, array),
                texture(5, array),
                texture(6, flat),
                texture(7, flat),
                texture(8, flat),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("portrait"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let make =
            |label, vertex, fragment, buffers: &[Option<wgpu::VertexBufferLayout<'_>>], topology, blend, depth| {
                device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                    label: Some(label),
                    layout: Some(&pipeline_layout),
                    vertex: wgpu::VertexState {
                        module: &module,
                        entry_point: Some(vertex),
                        compilation_options: Default::default(),
                        buffers,
                    },
                    primitive: wgpu::PrimitiveState { topology, ..Default::default() },
                    depth_stencil: Some(depth),
                    multisample: wgpu::MultisampleState { count: SAMPLES, ..Default::default() },
                    fragment: Some(wgpu::FragmentState {
                        module: &module,
                        entry_point: Some(fragment),
                        compilation_options: Default::default(),
                        targets: &[Some(wgpu::ColorTargetState {
                            format: COLOUR,
                            blend,
                            write_mask: wgpu::ColorWrites::ALL,
                        })],
                    }),
                    multiview_mask: None,
                    cache: None,
                })
            };
        const PLACED: [wgpu::VertexAttribute; 2] = wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32];
        const FIXED: [wgpu::VertexAttribute; 3] =
            wgpu::vertex_attr_array![2 => Float32x2, 3 => Float32, 4 => Float32x2];
        let buffer = |array_stride, attributes: &'static [wgpu::VertexAttribute]| {
            Some(wgpu::VertexBufferLayout { array_stride, step_mode: wgpu::VertexStepMode::Vertex, attributes })
        };
        let depth = |write, compare| wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(write),
            depth_compare: Some(compare),
            stencil: Default::default(),
            bias: Default::default(),
        };
        let solid = |label, fragment, blend| {
            let buffers = [buffer(12, &PLACED), buffer(20, &FIXED)];
            let depth = depth(true, wgpu::CompareFunction::LessEqual);
            make(label, "place", fragment, &buffers, wgpu::PrimitiveTopology::TriangleList, blend, depth)
        };
        let head = solid("head", "paint", None);
        let rim = solid("rim", "paint_rim", Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING));
        let mark = make(
            "mark",
            "place_mark",
            "paint_mark",
            &[],
            wgpu::PrimitiveTopology::TriangleStrip,
            Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
            depth(false, wgpu::CompareFunction::Always),
        );
        Self { layout, head, rim, mark }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ritratto_draw::frame::{EyeFrame, Frame, MouthFrame};
    use std::mem::offset_of;
    use wgpu::naga;

    macro_rules! offsets {
        ($of:ty: $($field:ident)*) => { vec![$((stringify!($field), offset_of!($of, $field))),*] };
    }

    /// Names and offsets of a shader's structure.
    fn in_shader(name: &str) -> Vec<(String, usize)> {
        let module = naga::front::wgsl::parse_str(SHADER).unwrap_or_else(|error| panic!("{error}"));
        let found = module.types.iter().find(|(_, found)| found.name.as_deref() == Some(name));
        let Some(naga::TypeInner::Struct { members, .. }) = found.map(|(_, found)| &found.inner) else {
            panic!("no structure {name}");
        };
        members.iter().map(|member| (member.name.clone().unwrap_or_default(), member.offset as usize)).collect()
    }

    #[test]
    fn shaders_read_each_number_of_a_frame_where_it_is_written() {
        let eye =
            offsets!(EyeFrame: to_photo offset shift patch_area corners lash closed weight width target_width up lid);
        let mouth = offsets!(MouthFrame: lips bounds reach to_skull to_jaw skull_offset jaw_offset skull_to_photo jaw_to_photo
            skull_photo_offset jaw_photo_offset patch_area tint weight teeth reuse half_width upper_edge lower_edge scale split bared
            lower_reuse seam gums upper_end margin tone);
        let frame = offsets!(Frame: size mark scale uncovered rim surroundings completed eyes mouth);
        for (name, written) in [("Eye", eye), ("Mouth", mouth), ("Frame", frame)] {
            let written: Vec<_> = written.into_iter().map(|(field, at)| (field.to_owned(), at)).collect();
            assert_eq!(in_shader(name), written, "{name}");
        }
    }
}
