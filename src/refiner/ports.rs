//! Where the nets find their patches and leave their grids.

use super::masks::MASKS;
use super::net::{CELL, RGB, values};
use super::patch::Part;
use crate::nets::gpu::FOUR;

/// Number of patches.
pub(super) const PATCHES: usize = Part::ALL.len();
/// Number of nets: that of the mouth, and that of both eyes.
pub(super) const NETS: usize = 2;
/// Pixels of all patches.
pub(super) const PIXELS: usize = {
    let mut sum = 0;
    let mut k = 0;
    while k < PATCHES {
        sum += Part::ALL[k].side() * Part::ALL[k].side();
        k += 1;
    }
    sum
};
/// The net of a patch, and which of that net's pictures the patch is.
pub(super) const fn place(patch: usize) -> [usize; 2] {
    if patch == 0 { [0, 0] } else { [1, patch - 1] }
}

/// Numbers of a cut patch, colours and masks, in planes of four.
pub(super) const fn cut_values(part: Part) -> usize {
    (RGB + MASKS).next_multiple_of(FOUR) * part.side() * part.side()
}
/// Numbers of a patch's grid, in planes of four.
pub(super) const fn grid_values(part: Part) -> usize {
    values(part).next_multiple_of(FOUR) * part.side() * part.side() / (CELL * CELL)
}

/// The buffers that the nets read and write: one for the mouth, and one for both eyes, whose values lie one after the
/// other. Values are laid out as in [`GpuNet`](crate::nets::GpuNet).
#[derive(Debug, Clone)]
pub(super) struct Ports {
    pub(super) pictures: [wgpu::Buffer; NETS],
    pub(super) grids: [wgpu::Buffer; NETS],
    /// The grids that are shown; they follow the nets' newest grids.
    pub(super) shown: [wgpu::Buffer; NETS],
}

impl Ports {
    /// With the input and output buffers of nets that run on this device.
    pub(super) fn of(device: &wgpu::Device, pictures: [wgpu::Buffer; NETS], grids: [wgpu::Buffer; NETS]) -> Self {
        let shown = grids.each_ref().map(|grid| buffer(device, "shown grids", grid.size()));
        Self { pictures, grids, shown }
    }

    /// With buffers of its own, for nets that do not run on this device.
    pub(super) fn alone(device: &wgpu::Device) -> Self {
        let [mouth, eye] = [Part::Mouth, Part::RightEye];
        let eyes = PATCHES - 1;
        let pictures =
            [("mouth", cut_values(mouth)), ("eyes", eyes * cut_values(eye))].map(|(l, n)| buffer(device, l, bytes(n)));
        let grids = [("mouth's grid", grid_values(mouth)), ("eyes' grids", eyes * grid_values(eye))]
            .map(|(l, n)| buffer(device, l, bytes(n)));
        Self::of(device, pictures, grids)
    }
}

fn buffer(device: &wgpu::Device, label: &str, size: u64) -> wgpu::Buffer {
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

/// Bytes of this many numbers.
pub(super) fn bytes(numbers: usize) -> u64 {
    (numbers * size_of::<f32>()) as u64
}
