//! The surroundings that the face hides in the photo: hair and background that go on behind it.

use crate::layers;
use crate::sampling::{Picture, within};

/// The patch, ready to be read.
#[derive(Debug)]
pub struct Surroundings {
    picture: Picture,
    origin: [f32; 2],
    /// Left, top, right and bottom of the area where the patch replaces the photo, pixels of the photo.
    area: [f32; 4],
}

impl Surroundings {
    pub fn new(layers::Surroundings { origin, pixels }: &layers::Surroundings) -> Self {
        let [left, top] = origin.map(|place| place as f32);
        let [width, height] = pixels.size.map(|count| count as f32);
        let border = layers::Surroundings::BORDER as f32;
        let area = [left + border, top + border, left + width - border, top + height - border];
        Self { picture: Picture::of(pixels), origin: [left, top], area }
    }

    /// Whether the patch replaces the photo at a place of the photo.
    #[inline(always)]
    pub fn reach(&self, place: [f32; 2]) -> bool {
        within(place, self.area)
    }

    /// The patch, whose alpha is the matte, and the place in it for a place of the photo.
    #[inline(always)]
    pub fn at(&self, [x, y]: [f32; 2]) -> (&Picture, [f32; 2]) {
        (&self.picture, [x - self.origin[0], y - self.origin[1]])
    }
}
