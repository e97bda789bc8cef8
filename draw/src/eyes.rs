//! Lids and eyeballs, as `eyes.wgsl` draws them.

use crate::frame::EyeFrame;
use crate::layers::EyePatches;
use crate::sampling::{FieldValue, Footprint, Picture, Texel, clamp, dot, least, length, mix, most, rows, smoothstep};

/// Width of the rim inside the opening between the lids where the photo's own lid edge is kept, eye widths.
const RIM: f32 = 0.012;
/// Thickness of the upper lid's edge with its lashes, eye widths.
const EDGE: f32 = 0.05;
/// Distance from each corner over which the painted skin of the lid fades in, eye widths: a lid that hangs over its
/// corner ends abruptly there.
const TAPER: f32 = 0.34;
/// Distance above the lid's edge beyond which nothing is stretched, heights of the lid.
const REACH: f32 = 1.6;
/// Distance from the line of shut lashes beyond which it is not drawn, widths of the line: it would change no byte of a
/// colour.
const FAINT: f32 = 2.6;

/// The pictures of an eye, prepared once a photo.
#[derive(Debug)]
pub struct EyePictures {
    white: Picture,
    iris: Picture,
    highlight: Picture,
    skin: Picture,
    field: Picture,
}

impl EyePictures {
    pub fn new(eye: &EyePatches) -> Self {
        Self {
            white: Picture::of(&eye.white),
            iris: Picture::of(&eye.iris),
            highlight: Picture::of(&eye.highlight),
            skin: Picture::of(&eye.skin),
            field: Picture::measured(&eye.opening),
        }
    }
}

/// An eye in a frame.
#[derive(Debug, Clone, Copy)]
pub struct Eye<'a> {
    frame: &'a EyeFrame,
    pictures: &'a EyePictures,
    /// Left, top, right and bottom of the eye's patch in the photo, pixels.
    pub area: [f32; 4],
    /// Direction at right angles to the line between the corners, upwards, of length 1.
    up: [f32; 2],
    /// Vector from the first corner to the second, pixels of the photo.
    axis: [f32; 2],
    /// Length of that vector, at least 1.
    length: f32,
    /// Height above the line between the corners from which on no lid is stretched, pixels of the photo.
    above: f32,
}

/// Where a lid takes its colour from.
#[derive(Debug, Clone, Copy)]
pub struct Lid {
    /// Where the lid takes its colour from, pixels of the photo.
    pub source: [f32; 2],
    /// Share of that colour that is replaced by plain skin, 0 to 1.
    pub skin: f32,
    /// Factor on the brightness of that skin.
    pub shade: f32,
}

impl Lid {
    /// No lid: the face takes its colour from `source`.
    #[inline(always)]
    pub fn none(source: [f32; 2]) -> Self {
        Self { source, skin: 0.0, shade: 1.0 }
    }
}

impl<'a> Eye<'a> {
    pub fn new(frame: &'a EyeFrame, pictures: &'a EyePictures) -> Self {
        let [x, y, width, height] = frame.patch_area;
        let [ax, ay, bx, by] = frame.corners;
        let axis = [bx - ax, by - ay];
        let length = most(length(axis), 1.0);
        let stretched = frame.lid.iter().any(|[_, stretch, ..]| *stretch > 1.0);
        let highest = |k: usize| frame.lid.iter().fold(f32::MIN, |highest, lid| most(highest, lid[k]));
        Self {
            frame,
            pictures,
            area: [x, y, x + width, y + height],
            up: [frame.up * axis[1] / length, -frame.up * axis[0] / length],
            axis,
            length,
            above: if stretched { highest(3) + REACH * highest(2) } else { f32::MIN },
        }
    }

    /// Whether anything of the eye must be redrawn, beyond what the mesh does by moving the photo.
    pub fn is_drawn(&self) -> bool {
        self.frame.weight > 0.0 || self.frame.closed > 0.0 || self.above > f32::MIN
    }

    #[inline(always)]
    fn in_patch(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x - self.area[0], y - self.area[1]]
    }

    /// The distances to the opening at a place of the photo.
    #[inline(always)]
    pub fn field(&self, q: [f32; 2]) -> FieldValue {
        self.pictures.field.field(self.in_patch(q))
    }

    /// The place in the eye's patch for a place of the frame: the map follows the head but not the gaze.
    #[inline(always)]
    fn in_photo(&self, p: [f32; 2]) -> [f32; 2] {
        let [x, y] = rows(self.frame.to_photo, p);
        self.in_patch([x + self.frame.offset[0], y + self.frame.offset[1]])
    }

    /// The upper lid at a place of the photo, or, away from the lid, the face as it is. See `lid_at` in `eyes.wgsl`.
    #[inline(always)]
    pub fn lid(&self, q: [f32; 2]) -> Lid {
        let way = [q[0] - self.frame.corners[0], q[1] - self.frame.corners[1]];
        let far = dot(way, self.up);
        if far >= self.above { Lid::none(q) } else { self.stretched(q, way, far) }
    }

    fn stretched(&self, q: [f32; 2], way: [f32; 2], far: f32) -> Lid {
        let along = dot(way, self.axis) / (self.length * self.length);
        let [stretch, height, lift] = self.lid_here(along);
        let above = most(far - lift, 0.0);
        if stretch <= 1.0 || above >= REACH * height || height <= 0.0 {
            return Lid::none(q);
        }
        let edge = least(EDGE * self.frame.width, 0.6 * height);
        let moved = above * stretch;
        let squeezed = edge + (moved - edge) * (height - edge) / most(height * stretch - edge, 1e-3);
        let source = if moved < edge { moved } else { least(squeezed, above) };
        let v = moved / (height * stretch);
        let taper = smoothstep(0.0, TAPER, least(along, 1.0 - along));
        let skin = 0.85
            * taper
            * smoothstep(1.15, 2.0, stretch)
            * smoothstep(0.4 * edge, 1.4 * edge, moved)
            * (1.0 - smoothstep(0.85, 1.5, v));
        let shade = 0.84 + 0.20 * smoothstep(0.0, 0.45, v) - 0.14 * smoothstep(0.55, 1.0, v);
        let shift = source - above;
        Lid { source: [q[0] + self.up[0] * shift, q[1] + self.up[1] * shift], skin, shade }
    }

    /// The upper lid at a place `along` between the corners, 0 to 1: its stretch, its height, and how far its edge lies
    /// above the line between the corners, the last two in pixels of the photo.
    fn lid_here(&self, along: f32) -> [f32; 3] {
        let [_, first @ ..] = self.frame.lid[0];
        let mut here = first;
        for pair in self.frame.lid.windows(2) {
            let [[ax, a @ ..], [bx, b @ ..]] = [pair[0], pair[1]];
            if along >= ax {
                let t = clamp((along - ax) / most(bx - ax, 1e-4), 0.0, 1.0);
                here = [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
            }
        }
        here
    }

    /// Plain skin for a shut lid at a place of the frame.
    pub fn skin(&self, p: [f32; 2]) -> Texel {
        self.pictures.skin.bilinear(self.in_photo(p))
    }

    /// Eyeball and shut lashes over the colour `under`, at a place `p` of the frame; `f` are the distances to the
    /// opening.
    #[inline(always)]
    pub fn draw(&self, p: [f32; 2], f: &FieldValue, footprint: &Footprint, under: Texel) -> Texel {
        let [across, down] = footprint.steps;
        // Pixels of the photo that one target pixel covers, at right angles to the lids' outline.
        let slope = most(length([dot(across, f.inwards), dot(down, f.inwards)]), 1e-3);
        let inside = f.value.0[0];
        let mut colour = under;
        if self.frame.weight > 0.0 {
            let open = smoothstep(-0.6, 0.6, (inside - RIM * self.frame.width) / slope);
            if open > 0.0 {
                colour = colour.mixed(self.ball(p, f, slope), open * self.frame.weight);
            }
        }
        if self.frame.closed > 0.0 {
            let line = inside.abs() / slope / most(0.030 * self.frame.target_width, 0.7);
            if line < FAINT {
                let [r, g, b] = self.frame.lash;
                let share = 0.75 * self.frame.closed * (-line * line).exp();
                colour = colour.mixed(colour.least(Texel([r, g, b, 1.0])), share);
            }
        }
        colour
    }

    fn ball(&self, p: [f32; 2], f: &FieldValue, slope: f32) -> Texel {
        let [x, y] = self.frame.shift;
        let white = self.pictures.white.bilinear(self.in_photo(p));
        let iris = self.pictures.iris.bilinear(self.in_photo([p[0] - x, p[1] - y]));
        // A highlight is a reflection on the cornea and moves half as far as the iris.
        let highlight = self.pictures.highlight.bilinear(self.in_photo([p[0] - 0.5 * x, p[1] - 0.5 * y]));
        let [inside, below, ..] = f.value.0.map(|distance| distance / slope / self.frame.target_width);
        let lit = (0.70 + 0.30 * smoothstep(0.0, 0.17, below)) * (0.78 + 0.22 * smoothstep(0.0, 0.08, inside));
        white.mixed(iris, iris.0[3]).scaled(lit).plus(highlight)
    }
}
