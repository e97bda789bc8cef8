//! The rim: what stands beside a turned face's outline, painted over the head as `paint_rim` of `head.wgsl` does.

use crate::raster::{Band, NONE};
use crate::sampling::Texel;
use crate::shade::{Painter, alone, at_sample, centre};

impl Painter<'_> {
    /// Paints the rim over row `y` of the output.
    #[inline(always)]
    pub fn row_over(&self, band: &Band, line: usize, y: usize, out: &mut [[u8; 4]]) {
        let (below, above) = (band.row(line), band.row_over(line));
        for (x, pixel) in out.iter_mut().enumerate() {
            let over = above.map(
                #[inline(always)]
                |samples| samples[x],
            );
            if over != [NONE; 4] {
                let under = below.map(
                    #[inline(always)]
                    |samples| samples[x],
                );
                *pixel = self.over(under, over, [x, y], Texel::of(*pixel)).bytes();
            }
        }
    }

    /// A pixel at the rim. Its samples show the triangles `under` of the head and, over them, `over` of the rim;
    /// `colour` is the pixel as the head alone has it.
    #[inline(always)]
    fn over(&self, under: [u32; 4], over: [u32; 4], [x, y]: [usize; 2], colour: Texel) -> Texel {
        let mut sum = Texel([0.0; 4]);
        let mut known: [(Texel, Texel); 4] = [(colour, Texel([0.0; 4])); 4];
        for k in 0..under.len() {
            // A sample that shows the same triangle as an earlier one has the same colour; others are shaded anew.
            known[k].0 = match under[..k].iter().position(|&number| number == under[k]) {
                Some(other) => known[other].0,
                None if under == [under[k]; 4] => colour,
                None => self.part(under, under[k], [x, y]),
            };
            known[k].1 = match over[..k].iter().position(|&number| number == over[k]) {
                Some(other) => known[other].1,
                None => self.rim(over, over[k], [x, y]),
            };
            let (below, rim) = known[k];
            sum = sum.plus(below.mixed(rim.opaque(), rim.0[3]));
        }
        sum.scaled(1.0 / under.len() as f32)
    }

    /// The colour of a triangle of the rim at a pixel of which it covers some samples; alpha is the share that is
    /// shown.
    #[inline(always)]
    fn rim(&self, samples: [u32; 4], number: u32, [x, y]: [usize; 2]) -> Texel {
        let Some(Some(surface)) = self.rim.get(number as usize) else { return Texel([0.0; 4]) };
        let first = samples.iter().position(|&other| other == number).unwrap_or_default();
        let place = if samples == [number; 4] { centre([x, y]) } else { at_sample([x, y], first) };
        let motion = surface.motion(place);
        let p = self.in_photo(centre([x, y]));
        let q = self.behind.mirrored([p[0] + motion[0], p[1] + motion[1]]);
        let there = self.behind.bilinear(q);
        let alpha = there.0[3];
        if alpha <= 0.0 {
            return Texel([0.0; 4]);
        }
        let mut hair = alone(self.photo.covered(q, &surface.footprint), there, alpha);
        hair.0[3] = alpha * self.carried;
        hair
    }
}
