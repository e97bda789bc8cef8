//! The head: the photo through the mesh, in front of the background, with eyes and mouth, as `head.wgsl` paints it.

use crate::completion::Completion;
use crate::eyes::{Eye, Lid};
use crate::mouth::Mouth;
use crate::raster::{Band, SAMPLES, Surface};
use crate::sampling::{FieldValue, Footprint, Picture, Texel, dot, least, mix, most, smoothstep, within};
use crate::surroundings::Surroundings;

/// Motion up to which a pixel counts as still and is the photo's own, pixels of the photo.
const STILL: f32 = 0.02;
/// Motion above which a pixel is drawn moved in full; between the two it is mixed with the photo's own. Pixels of the
/// photo.
const MOVED: f32 = 0.5;
/// Share of painted skin from which on a pixel of a lid counts as moved in full.
const PAINTED: f32 = 0.1;
/// If the motions of a pixel's triangles differ by less than this, pixels of the photo, one of them is shaded for the
/// whole pixel.
const ALIKE: f32 = 0.02;
/// Places along the photo's border at which the matte is read for a place beyond the border, as multiples of that
/// place's distance from the border.
const CLOSING: [f32; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];

/// The square of how far a pixel at `p` counts as moved by `motion`, pixels of the photo. Between a brow that rises and
/// a lid that falls lies a line that does not move; but its colour comes from elsewhere on the lid or is painted, so it
/// is not the photo's own.
#[inline(always)]
fn redrawn(lid: &Lid, p: [f32; 2], motion: [f32; 2]) -> f32 {
    let way = [lid.source[0] - p[0], lid.source[1] - p[1]];
    let painted = MOVED * smoothstep(0.0, PAINTED, lid.skin);
    most(most(dot(motion, motion), dot(way, way)), painted * painted)
}

/// Everything that the pixels of a frame are made from.
#[derive(Debug)]
pub struct Painter<'a> {
    pub photo: &'a Picture,
    /// The plate, and the matte as its alpha.
    pub behind: &'a Picture,
    /// What the face hides of its surroundings in the photo.
    pub surroundings: Option<&'a Surroundings>,
    /// Share by which the surroundings are shown, 0 to 1.
    pub uncovered: f32,
    /// What the face hides of itself in the photo.
    pub completion: Option<&'a Completion>,
    /// Share by which the completion is shown, 0 to 1.
    pub completed: f32,
    /// Share by which the rim is shown, 0 to 1.
    pub carried: f32,
    /// The output where nothing moves: the photo at the output's size.
    pub still: &'a [[u8; 4]],
    /// The background plate at the output's size.
    pub plate: &'a [[u8; 4]],
    pub surfaces: &'a [Option<Surface>],
    /// The rim, where it is shown.
    pub rim: &'a [Option<Surface>],
    /// The eyes, where anything of either differs from the photo.
    pub eyes: Option<[Eye<'a>; 2]>,
    pub mouth: Option<Mouth<'a>>,
    /// Pixels of the photo that an output pixel covers across and down.
    pub scale: [f32; 2],
    /// Pixels of an output row.
    pub width: usize,
}

impl Painter<'_> {
    /// Paints row `y` of the output, whose samples are row `line` of the band.
    #[inline(always)]
    pub fn row(&self, band: &Band, line: usize, y: usize, out: &mut [[u8; 4]]) {
        let seen = band.row(line);
        let at = |x: usize| [seen[0][x], seen[1][x], seen[2][x], seen[3][x]];
        let mut x = 0;
        while x < self.width {
            let here = at(x);
            let [first, ..] = here;
            if here != [first; 4] {
                out[x] = self.edge(here, [x, y]).bytes();
                x += 1;
                continue;
            }
            let mut end = x + 1;
            while end < self.width && at(end) == here {
                end += 1;
            }
            self.run(self.surface(first), [x, end], y, out);
            x = end;
        }
    }

    /// The triangle with this number, if anything of it moves.
    #[inline(always)]
    fn surface(&self, number: u32) -> Option<&Surface> {
        self.surfaces.get(number as usize)?.as_ref().filter(|surface| !surface.still)
    }

    /// Paints the pixels of a row from `start` to before `end`, which all show one triangle; `None` stands for one that
    /// does not move.
    #[inline(always)]
    fn run(&self, surface: Option<&Surface>, [start, end]: [usize; 2], y: usize, out: &mut [[u8; 4]]) {
        let layered = self.touches(surface, [start, end], y);
        let line = y * self.width;
        match surface {
            None if !layered => out[start..end].copy_from_slice(&self.still[line + start..line + end]),
            Some(surface) if !layered => {
                for (x, out) in (start..).zip(&mut out[start..end]) {
                    *out = self.moved(surface, [x, y], centre([x, y])).bytes();
                }
            }
            _ => {
                for (x, out) in (start..).zip(&mut out[start..end]) {
                    *out = self.layered(surface, [x, y], centre([x, y])).bytes();
                }
            }
        }
    }

    /// Whether an eye or the mouth may be drawn on any of the pixels of a row from `start` to before `end`.
    #[inline(always)]
    fn touches(&self, surface: Option<&Surface>, [start, end]: [usize; 2], y: usize) -> bool {
        if self.eyes.is_none() && self.mouth.is_none() {
            return false;
        }
        let ends = [centre([start, y]), centre([end - 1, y])];
        let [p, r] = ends.map(|place| self.in_photo(place));
        let overlap = |[ax, ay]: [f32; 2], [bx, by]: [f32; 2], [left, top, right, bottom]: [f32; 4]| {
            most(ax, bx) >= left && least(ax, bx) <= right && most(ay, by) >= top && least(ay, by) <= bottom
        };
        let in_mouth = self.mouth.as_ref().is_some_and(|mouth| overlap(p, r, mouth.bounds()));
        let [u, v] = ends.map(|place| self.source(surface, place, self.in_photo(place)));
        in_mouth || self.eyes.as_ref().is_some_and(|eyes| eyes.iter().any(|eye| overlap(u, v, eye.area)))
    }

    /// A place of the output, converted to the photo's pixels.
    #[inline(always)]
    pub(crate) fn in_photo(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x * self.scale[0], y * self.scale[1]]
    }

    #[inline(always)]
    fn source(&self, surface: Option<&Surface>, place: [f32; 2], p: [f32; 2]) -> [f32; 2] {
        let [x, y] = surface.map_or([0.0; 2], |surface| surface.motion(place));
        [p[0] + x, p[1] + y]
    }

    /// The colour of a pixel away from eyes and mouth. Its motion is taken at `place`, which lies in the triangle.
    #[inline(always)]
    fn moved(&self, surface: &Surface, [x, y]: [usize; 2], place: [f32; 2]) -> Texel {
        let motion = surface.motion(place);
        let p = self.in_photo(centre([x, y]));
        let q = [p[0] + motion[0], p[1] + motion[1]];
        let index = y * self.width + x;
        let square = dot(motion, motion);
        if square <= STILL * STILL {
            return Texel::of(self.still[index]);
        }
        self.head(surface, index, place, [p, q], square, &Lid::none(q), None)
    }

    /// The colour of a pixel that may show an eye or the mouth. Its motion is taken at `place`, which lies in the
    /// triangle.
    #[inline(always)]
    fn layered(&self, surface: Option<&Surface>, [x, y]: [usize; 2], place: [f32; 2]) -> Texel {
        let p = self.in_photo(centre([x, y]));
        let q = self.source(surface, place, p);
        let index = y * self.width + x;
        // No eye is drawn around the face, also where such a pixel takes its colour from behind the face.
        let eye = if surface.is_some_and(|surface| surface.around) {
            None
        } else {
            self.eye_at(q, surface.and_then(|surface| surface.completion(place)).map(|(place, _)| place))
        };
        let mut colour = Texel::of(self.still[index]);
        if let Some(surface) = surface {
            let motion = surface.motion(place);
            let lid = eye.map_or(Lid::none(q), |(eye, _)| eye.lid(q));
            let square = if eye.is_some() { redrawn(&lid, p, motion) } else { dot(motion, motion) };
            if square > STILL * STILL {
                colour = self.head(surface, index, place, [p, q], square, &lid, eye.map(|(eye, _)| eye));
            }
        }
        if let Some((eye, field)) = &eye {
            let alone = Footprint::new([[self.scale[0], 0.0], [0.0, self.scale[1]]]);
            colour = eye.draw(p, field, surface.map_or(&alone, |surface| &surface.footprint), colour);
        }
        self.mouth.as_ref().map_or(colour, |mouth| mouth.draw(p, q, colour)).opaque()
    }

    /// The eye in whose patch the place `q` of the photo lies, with the distances to its opening. `face` is the same
    /// place in the completion's pixels, if there is a completion; it must lie beside the nose's ridge, on the eye's
    /// side.
    #[inline(always)]
    fn eye_at(&self, q: [f32; 2], face: Option<[f32; 2]>) -> Option<(&Eye<'_>, FieldValue)> {
        let mut found: Option<(&Eye<'_>, FieldValue)> = None;
        for (side, eye) in self.eyes.as_ref()?.iter().enumerate().filter(|(_, eye)| within(q, eye.area)) {
            if let (Some(hidden), Some(place)) = (self.completion, face)
                && !hidden.beside_nose(place, side)
            {
                continue;
            }
            let field = eye.field(q);
            if found.as_ref().is_none_or(|(_, other)| field.value.0[0] > other.value.0[0]) {
                found = Some((eye, field));
            }
        }
        found
    }

    /// The head over the plate at a place `p` of the frame that takes its colour from the place `q` of the photo.
    /// `square` is the squared distance between the two, more on a lid (see [`redrawn`]), `index` the pixel's index in
    /// the output.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn head(
        &self,
        surface: &Surface,
        index: usize,
        place: [f32; 2],
        [p, q]: [[f32; 2]; 2],
        square: f32,
        lid: &Lid,
        eye: Option<&Eye<'_>>,
    ) -> Texel {
        let facing = smoothstep(0.55, 0.95, surface.face(place));
        // On the face nothing shines through, so plate and matte need not be read.
        let mut there = if facing < 1.0 { self.behind.bilinear(self.behind.mirrored(q)) } else { Texel([1.0; 4]) };
        let surroundings = self.surroundings.filter(|patch| surface.around && patch.reach(q));
        let hidden = surroundings.map(|patch| patch.at(q));
        if let Some((patch, place)) = hidden {
            there.0[3] = mix(there.0[3], patch.bilinear(place).0[3], self.uncovered);
        }
        let alpha = most(there.0[3], facing);
        let plate = Texel::of(self.plate[index]);
        let mut colour = plate;
        if alpha > 0.0 {
            let shown = || self.photo.covered(self.photo.mirrored(lid.source), &surface.footprint);
            let mut head = match hidden {
                None => shown(),
                Some((patch, place)) => {
                    let patch = patch.covered(place, &surface.footprint).opaque();
                    if self.uncovered < 1.0 { shown().mixed(patch, self.uncovered) } else { patch }
                }
            };
            if let (Some(hidden), Some((place, true))) = (self.completion, surface.completion(place)) {
                let hidden = hidden.at(place);
                head = head.mixed(hidden.opaque(), hidden.0[3] * self.completed);
            }
            if let (Some(eye), true) = (eye, lid.skin > 0.0) {
                head = head.mixed(eye.skin(p).scaled(lid.shade), lid.skin);
            }
            let shown = if facing < 1.0 { most(least(alpha, self.closing(q)), facing) } else { 1.0 };
            colour = plate.mixed(alone(head, there, alpha), shown);
        }
        if square >= MOVED * MOVED {
            return colour;
        }
        Texel::of(self.still[index]).mixed(colour, smoothstep(STILL, MOVED, square.sqrt()))
    }

    /// Largest share of the head that is shown at a place of the photo, 0 to 1. Beyond the photo's border the head
    /// closes: a place at a distance d outside shows head only if the border cuts through head up to d to both sides.
    /// So the tip of a lock ends, and wide hair goes on.
    #[inline(always)]
    fn closing(&self, q: [f32; 2]) -> f32 {
        let (far, [right, down]) = self.behind.beyond(q);
        if far <= 0.0 {
            return 1.0;
        }
        let cut = CLOSING.map(
            #[inline(always)]
            |share| self.behind.bilinear([q[0] + share * far * right, q[1] + share * far * down]).0[3],
        );
        cut.into_iter().fold(1.0, least)
    }

    /// The colour of a pixel whose samples show different triangles.
    #[inline(always)]
    fn edge(&self, samples: [u32; 4], [x, y]: [usize; 2]) -> Texel {
        let middle = centre([x, y]);
        let motions = samples.map(
            #[inline(always)]
            |number| self.source(self.surface(number), middle, [0.0; 2]),
        );
        let [first, others @ ..] = motions;
        let alike = others.iter().all(|m| (m[0] - first[0]).abs() < ALIKE && (m[1] - first[1]).abs() < ALIKE);
        // For each sample, how many samples show its triangle, counted at the first such sample and 0 at the others.
        let mut counts = [0; 4];
        for number in samples {
            if let Some((count, _)) = counts.iter_mut().zip(samples).find(|(_, other)| *other == number) {
                *count += 1;
            }
        }
        if alike {
            let most = counts.into_iter().max().unwrap_or_default();
            let best = counts.iter().position(|&count| count == most);
            counts = [0; 4];
            counts[best.unwrap_or_default()] = samples.len();
        }
        let mut sum = Texel([0.0; 4]);
        for (number, count) in samples.into_iter().zip(counts).filter(|(_, count)| *count > 0) {
            sum = sum.plus(self.part(samples, number, [x, y]).scaled(count as f32 / samples.len() as f32));
        }
        sum
    }

    /// The colour of a triangle at a pixel of which it covers some samples. Its motion is taken at the first of them.
    #[inline(always)]
    pub(crate) fn part(&self, samples: [u32; 4], number: u32, [x, y]: [usize; 2]) -> Texel {
        let first = samples.iter().position(|&other| other == number);
        let (surface, place) = (self.surface(number), first.map_or(centre([x, y]), |first| at_sample([x, y], first)));
        match surface {
            Some(moved) if !self.touches(surface, [x, x + 1], y) => self.moved(moved, [x, y], place),
            _ => self.layered(surface, [x, y], place),
        }
    }
}

/// The head's own colour where the photo shows the mixture `head` of it and the background `behind`: the background's
/// share is taken out. `alpha` is the head's share, 0 to 1.
#[inline(always)]
pub(crate) fn alone(head: Texel, behind: Texel, alpha: f32) -> Texel {
    let hair = head.minus(behind.opaque().scaled(1.0 - alpha)).scaled(1.0 / most(alpha, 0.004));
    hair.clamped(Texel([0.0; 4]), Texel([1.0; 4]))
}

/// The place of one of a pixel's samples in the output.
#[inline(always)]
pub(crate) fn at_sample([x, y]: [usize; 2], sample: usize) -> [f32; 2] {
    let [right, down] = SAMPLES[sample];
    [x as f32 + right, y as f32 + down]
}

#[inline(always)]
pub(crate) fn centre([x, y]: [usize; 2]) -> [f32; 2] {
    [x as f32 + 0.5, y as f32 + 0.5]
}
