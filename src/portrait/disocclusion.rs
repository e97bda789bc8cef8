//! What a turned face hides of its surroundings. It is shown when the head turns back.
//!
//! On a face that is not seen from the front, the far cheek and the nose stand before the far end of the oval and
//! before hair and background around it. The photo shows the face there, and so these pixels must not be taken for
//! hair or background: a head that turns to the viewer would uncover a second face. Instead these places show the
//! colours on the other side of the face's outline, at about the same distance from it (a mirrored continuation,
//! which keeps the texture of hair). Glasses, a beard or hair beside the outline go with the face (`rim.rs`).

mod contour;
mod directions;
mod glasses;
mod rim;
mod silhouette;

use image::{GrayImage, Rgba, RgbaImage};
use nalgebra::Vector2;
use ritratto_draw::Surroundings;

use super::mesh::{BodyLine, HeadMesh, PlacedVertex};
use super::plane::Tap;
use crate::geometry::{FaceGeometry, smoothstep};
use directions::turn;
use glasses::glasses;
pub use rim::Rim;
use silhouette::{Behind, Silhouette};

/// How much of the band around the outline is shown, by how far the outline has moved against its surroundings: nothing
/// below the first, all above the second; shares of the face's width.
const CARRIED: [f64; 2] = [0.001, 0.008];
/// How much of what the photo hides is shown, by how far the outline has moved against its surroundings: nothing
/// below the first, all above the second; shares of the face's width. It begins where the band is shown in full: it
/// takes away what lies below the band, which the band must cover by then.
const UNCOVERED: [f64; 2] = [0.008, 0.024];

/// How much a place beside the face belongs to the body, by how far it is below the chin (negative: above): not at all
/// below the first, wholly above the second; heights of the face.
const COLLAR: [f64; 2] = [-0.05, 0.03];

/// A patch of the photo in which the surroundings of the face go on behind it.
#[derive(Debug, Clone)]
pub struct Disocclusion {
    /// Top left corner of the patch in the photo, pixels.
    pub origin: [u32; 2],
    /// Colours of the head and, as alpha, the matte. They are those of photo and matte where the face hides nothing;
    /// where the rim goes with the face, alpha is 0 (nobody is there).
    pub picture: RgbaImage,
    /// What stands beside the face's outline and goes with it.
    pub rim: Rim,
    /// The face's width, pixels.
    width: f32,
    /// Pairs of vertices of the mesh: one on the part of the outline that hides something, and the nearest one of the
    /// rings around the face.
    meeting: Vec<[usize; 2]>,
}

impl Disocclusion {
    /// Finds what the face of a photo hides, from the photo's layers. `None` if it hides nothing around it, as a face
    /// that is seen from the front.
    #[must_use]
    pub fn find(
        photo: &RgbaImage,
        matte: &GrayImage,
        plate: &RgbaImage,
        face: &FaceGeometry,
        mesh: &HeadMesh,
    ) -> Option<Self> {
        if photo.is_empty() || matte.dimensions() != photo.dimensions() || plate.dimensions() != photo.dimensions() {
            return None;
        }
        let outline = Silhouette::of(mesh, matte)?;
        let [left, top, right, bottom] = outline.bounds()?;
        let origin = [(left, photo.width()), (top, photo.height())]
            .map(|(low, size)| ((low.max(0.0) as u32).min(size - 1)).saturating_sub(Surroundings::BORDER));
        let end = [(right, photo.width()), (bottom, photo.height())]
            .map(|(high, size)| (high.max(0.0).ceil() as u32 + Surroundings::BORDER).min(size));
        if end[0] <= origin[0] || end[1] <= origin[1] {
            return None;
        }
        let layers = Layered { photo, matte, plate, body: BodyLine::of(face) };
        let picture = RgbaImage::from_fn(end[0] - origin[0], end[1] - origin[1], |x, y| {
            layers.seen(&outline, [origin[0] + x, origin[1] + y])
        });
        let rim = Rim::of(face, mesh, &outline, &glasses(photo, face, &outline));
        Some(Self { origin, picture, rim, width: outline.width, meeting: outline.meeting(mesh) })
    }

    /// The face with its far outline drawn in to where the matte has somebody; `None` if it is not turned enough to
    /// hide anything.
    #[must_use]
    pub fn contoured(face: &FaceGeometry, mesh: &HeadMesh, matte: &GrayImage) -> Option<FaceGeometry> {
        Silhouette::of(mesh, matte).map(|outline| outline.fitted(face, matte))
    }

    /// How much of the rim, and how much of what is hidden in the photo, is shown when `placed` are the mesh's
    /// vertices, each \[0, 1\]; 0 while the outline lies as it does in the photo.
    #[must_use]
    pub fn shown(&self, mesh: &HeadMesh, placed: &[PlacedVertex]) -> [f32; 2] {
        let motion = |i: usize| Vector2::from(placed[i].position) - Vector2::from(mesh.source[i]);
        let apart = self.meeting.iter().map(|&[face, around]| (motion(face) - motion(around)).norm());
        let apart = f64::from(apart.fold(0.0, f32::max) / self.width);
        [CARRIED, UNCOVERED].map(|[none, all]| smoothstep(apart, none, all) as f32)
    }
}

/// Photo, matte and plate, of one size.
struct Layered<'a> {
    photo: &'a RgbaImage,
    matte: &'a GrayImage,
    plate: &'a RgbaImage,
    body: BodyLine,
}

impl Layered<'_> {
    /// What surrounds the face at a pixel, with the matte as its alpha.
    fn seen(&self, outline: &Silhouette, [x, y]: [u32; 2]) -> Rgba<u8> {
        let [r, g, b, _] = self.photo.get_pixel(x, y).0;
        let place = Vector2::new(x as f32 + 0.5, y as f32 + 0.5);
        let beyond = match outline.behind(place) {
            Behind::Nothing => return Rgba([r, g, b, self.matte.get_pixel(x, y).0[0]]),
            Behind::Background => {
                let [r, g, b, _] = self.plate.get_pixel(x, y).0;
                return Rgba([r, g, b, 0]);
            }
            Behind::Place(beyond) => beyond,
        };
        let (width, height) = (self.photo.width() as usize, self.photo.height() as usize);
        let tap = Tap::new(beyond.x, beyond.y, width, height);
        let mut found = [0.0f32; 7];
        for (k, weight) in tap.corners() {
            let (x, y) = ((k % width) as u32, (k / width) as u32);
            let [head, behind] = [self.photo.get_pixel(x, y).0, self.plate.get_pixel(x, y).0];
            let values = [head[0], head[1], head[2], behind[0], behind[1], behind[2], self.matte.get_pixel(x, y).0[0]];
            found.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * f32::from(value));
        }
        let [head @ .., _, _, _, alpha] = found;
        // A collar that is seen beside a cheek must not go on behind the cheek.
        let (k, _) = turn(place - outline.centre);
        let collar = smoothstep(self.body.below(&beyond.cast()), COLLAR[0], COLLAR[1]) as f32;
        let alpha = alpha * (1.0 - collar * outline.beyond_oval[k]);
        let share = alpha / 255.0;
        // Where the head is half transparent, the colours read at `beyond` hold the background there. The one of this
        // pixel takes its place.
        let here = self.plate.get_pixel(x, y).0;
        let mixed = |c: usize| head[c] + (1.0 - share) * (f32::from(here[c]) - found[3 + c]);
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        Rgba([byte(mixed(0)), byte(mixed(1)), byte(mixed(2)), byte(alpha)])
    }
}
