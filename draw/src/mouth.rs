//! The inside of the mouth: cavity, tongue, teeth, and what the photo itself shows, as `mouth.wgsl` draws them.

use crate::frame::MouthFrame;
use crate::sampling::{FieldValue, Picture, Texel, clamp, length, mix, most, rows, smoothstep, within};
use crate::teeth::{GUM, Row, painted_row};

/// Colour of the mouth's cavity before tint and shade, RGB, 0 to 1.
const CAVITY: Texel = Texel([0.195, 0.074, 0.076, 1.0]);
/// Light on the lower teeth behind the lower lip, as a share of the light on the upper teeth, RGB.
const COVERED_TEETH: Texel = Texel([0.66, 0.61, 0.56, 1.0]);
/// The same share where the lower lip is drawn down and bares the lower teeth.
const BARED_TEETH: Texel = Texel([0.92, 0.90, 0.87, 1.0]);
/// Colour of the tongue before tint and shade, RGB, 0 to 1.
const TONGUE: Texel = Texel([0.560, 0.285, 0.290, 1.0]);
/// Above the photo's opening its picture is folded back inside: a pixel above the border takes its colour from this
/// many pixels below it. 1 would be the mirror image, 0 the border itself drawn out to streaks.
const BACK: f32 = 0.7;
/// Segments of the lower or upper arc of the lips.
const ARC: usize = 30;
/// Segments of an arc as they are stored: the last one is repeated, so that the count is a multiple of [`LANES`].
const EVEN: usize = 32;
/// Segments that are measured at once, in the lanes of a vector.
const LANES: usize = 4;

/// 1 where `x` is below `start`, 0 above `end`, smooth between.
pub fn falling(start: f32, end: f32, x: f32) -> f32 {
    1.0 - smoothstep(start, end, x)
}

/// The segments of the lower or upper lip's arc: where each starts, the vector from there to its end, and one over that
/// vector's squared length.
#[derive(Debug, Clone, Copy)]
struct Arc {
    x: [f32; EVEN],
    y: [f32; EVEN],
    across: [f32; EVEN],
    down: [f32; EVEN],
    inverse: [f32; EVEN],
}

impl Arc {
    fn new(lips: &[[f32; 2]; 2 * ARC], first: usize) -> Self {
        let segment = |k: usize| {
            let start = first + k.min(ARC - 1);
            (lips[start], lips[(start + 1) % lips.len()])
        };
        let each = |value: fn([f32; 2], [f32; 2]) -> f32| std::array::from_fn(|k| value(segment(k).0, segment(k).1));
        Self {
            x: each(|a, _| a[0]),
            y: each(|a, _| a[1]),
            across: each(|a, b| b[0] - a[0]),
            down: each(|a, b| b[1] - a[1]),
            inverse: each(|a, b| 1.0 / most((b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2), 1e-8)),
        }
    }

    /// Distance to the nearest segment.
    #[inline(always)]
    fn distance(&self, [x, y]: [f32; 2]) -> f32 {
        let mut nearest = [f32::MAX; LANES];
        for start in (0..EVEN).step_by(LANES) {
            for (lane, nearest) in nearest.iter_mut().enumerate() {
                let k = start + lane;
                let (dx, dy) = (x - self.x[k], y - self.y[k]);
                let t = clamp((dx * self.across[k] + dy * self.down[k]) * self.inverse[k], 0.0, 1.0);
                let (ex, ey) = (dx - self.across[k] * t, dy - self.down[k] * t);
                let square = ex * ex + ey * ey;
                *nearest = if square < *nearest { square } else { *nearest };
            }
        }
        let [a, b, c, d] = nearest;
        a.min(b).min(c.min(d)).sqrt()
    }

    /// How often the outline is crossed on the way from a place to the right.
    #[inline(always)]
    fn crossings(&self, [x, y]: [f32; 2]) -> usize {
        (0..ARC)
            .filter(|&k| {
                let end = self.y[k] + self.down[k];
                (self.y[k] > y) != (end > y) && x < self.x[k] + (y - self.y[k]) / self.down[k] * self.across[k]
            })
            .count()
    }
}

/// What the photo shows at a place of its own mouth opening.
struct Shown {
    /// The photo's colour; alpha is the share of it that may be used, 0 to 1.
    colour: Texel,
    /// Height in the opening, 0 to 1.
    height: f32,
    /// How far above the opening the place is, centimetres.
    beyond: f32,
}

/// The mouth of a frame in which it differs from the photo's.
#[derive(Debug, Clone, Copy)]
pub struct Mouth<'a> {
    frame: &'a MouthFrame,
    field: &'a Picture,
    photo: &'a Picture,
    lower: Arc,
    upper: Arc,
}

impl<'a> Mouth<'a> {
    /// The mouth of a frame; `None` if it is as in the photo. `field` holds the distances to the photo's own opening.
    pub fn new(frame: &'a MouthFrame, field: &'a Picture, photo: &'a Picture) -> Option<Self> {
        let [lower, upper] = [0, ARC].map(|first| Arc::new(&frame.lips, first));
        (frame.weight > 0.0).then_some(Self { frame, field, photo, lower, upper })
    }

    /// Left, top, right and bottom of the part of the frame that the mouth may change, pixels of the photo.
    #[inline(always)]
    pub fn bounds(&self) -> [f32; 4] {
        self.frame.bounds
    }

    /// The inside of the mouth over the colour `under`, at a place `p` of the frame whose mesh takes its colour from
    /// the place `q` of the photo.
    pub fn draw(&self, p: [f32; 2], q: [f32; 2], under: Texel) -> Texel {
        let frame = self.frame;
        if !within(p, frame.bounds) || !within(q, frame.reach) {
            return under;
        }
        let [lower, upper] = [self.lower.distance(p), self.upper.distance(p)];
        let distance = lower.min(upper);
        let is_inside = (self.lower.crossings(p) + self.upper.crossings(p)) % 2 == 1;
        let soft = most(0.8, 0.015 / frame.scale);
        // The seam of shut lips is as wide as the softness of a border, however near to each other the lips are.
        let inside = if is_inside { distance } else { -distance } + 0.6 * frame.seam * soft;
        let open = smoothstep(-0.7 * soft, soft, inside) * frame.weight;
        if open <= 0.0 {
            return under;
        }
        let placed = |matrix, offset: [f32; 2], place| {
            let [x, y] = rows(matrix, place);
            [x + offset[0], y + offset[1]]
        };
        let skull = placed(frame.to_skull, frame.skull_offset, p);
        let jaw = placed(frame.to_jaw, frame.jaw_offset, p);
        // Lips shade what is behind them, the upper lip more; corners are dark.
        let shade = (0.50 + 0.50 * smoothstep(-0.04, 0.30, upper * frame.scale))
            * (0.60 + 0.40 * smoothstep(-0.02, 0.22, lower * frame.scale));
        let lit = |Texel([r, g, b, alpha]): Texel| {
            let [tint_r, tint_g, tint_b] = frame.tint;
            let [r, g, b] = frame.tone.apply([r * tint_r, g * tint_g, b * tint_b]);
            Texel([r, g, b, alpha])
        };
        let painted = self.painted(skull, jaw, most(0.9 * frame.scale, 0.02));
        let mut inside = lit(painted.scaled(shade));
        let (used, split, upper_end) = (frame.reuse, frame.split, frame.upper_end);
        if used > 0.0 {
            let Shown { colour: below, height, .. } =
                self.shown(placed(frame.jaw_to_photo, frame.jaw_photo_offset, jaw), [0.35, 0.05]);
            inside = inside.mixed(below, frame.lower_reuse * below.0[3] * falling(split, split + 0.08, height));
            let place = placed(frame.skull_to_photo, frame.skull_photo_offset, skull);
            let Shown { colour: above, height, beyond } = self.shown(place, [0.08, 0.80]);
            let seen = used * above.0[3] * smoothstep(upper_end - 0.08, upper_end, height);
            let gums = smoothstep(frame.gums, frame.gums + 0.14, beyond);
            // Most of a mouth has no gums, so their colour is computed only where it is needed.
            let above = if gums > 0.0 { above.mixed(lit(GUM.scaled(shade)), gums) } else { above };
            inside = inside.mixed(above, seen);
            inside = inside.mixed(lit(CAVITY), frame.seam);
        }
        under.mixed(inside, open)
    }

    /// The photo's colour at a place of its own mouth opening. Beyond the opening the picture is continued, below it by
    /// its border and above it folded back at the border; `reach` says how far below and above, centimetres.
    fn shown(&self, place: [f32; 2], reach: [f32; 2]) -> Shown {
        let frame = self.frame;
        let field =
            |place: [f32; 2]| self.field.field([place[0] - frame.patch_area[0], place[1] - frame.patch_area[1]]);
        let FieldValue { value: Texel([inside, _, above, height]), inwards } = field(place);
        let pixels = length([frame.skull_to_photo[0], frame.skull_to_photo[2]]);
        let margin = mix(frame.margin[0], frame.margin[1], above);
        let beyond = mix(reach[0], reach[1], above) * pixels;
        let missing = most(margin - inside, 0.0);
        let at = |far: f32| [place[0] + inwards[0] * far, place[1] + inwards[1] * far];
        let folded = BACK * above * missing;
        // The folded place must not lie beyond the opening's other border.
        let room = if folded > 0.0 { field(at(missing + folded)).value.0[0] - margin } else { 0.0 };
        let Texel([r, g, b, _]) = self.photo.smooth(at(missing + clamp(room, 0.0, folded)));
        let colour = Texel([r, g, b, smoothstep(-most(beyond, 1.5), 0.0, inside)]);
        Shown { colour, height, beyond: above * most(frame.margin[0] - inside, 0.0) / most(pixels, 1e-3) }
    }

    /// The painted inside at a place given in the skull's and the jaw's frame.
    fn painted(&self, skull: [f32; 2], jaw: [f32; 2], soft: f32) -> Texel {
        let frame = self.frame;
        let (half_width, floor, used) = (frame.half_width, frame.lower_edge, frame.reuse);
        let cavity = CAVITY.scaled(0.45 + 0.55 * falling(-0.2, 1.4, jaw[1] - floor));
        // Tongue: a low mound behind the lower teeth, with a furrow.
        let mound = [jaw[0] / (0.80 * half_width), (jaw[1] - floor + 0.25) / 0.80];
        let tongue = falling(0.50, 1.10, length(mound));
        let furrow = 1.0 - 0.16 * (-39.0 * jaw[0] * jaw[0]).exp() * smoothstep(-0.3, 0.3, mound[1]);
        let lit = 0.50 + 0.50 * falling(0.0, 0.9, length([mound[0], mound[1] - 0.30]));
        let mut colour = cavity.mixed(TONGUE.scaled(furrow * lit), tongue * 0.9);
        let row = |ends, seed| Row { half_width, ends, soft, seed, colour: frame.teeth };
        let lower_edge = floor - 0.05 * jaw[0] * jaw[0] / half_width;
        let lower = painted_row(jaw[0], lower_edge - jaw[1], &row([0.55, 1.12, 1.75, 2.35], 7.0));
        // A row that the photo shows is not painted a second time.
        let shade = COVERED_TEETH.mixed(BARED_TEETH, frame.bared);
        colour = colour.mixed(lower.times(shade), lower.0[3] * (1.0 - frame.lower_reuse));
        let upper_edge = frame.upper_edge + 0.16 * skull[0] * skull[0] / (half_width * half_width);
        let upper = painted_row(skull[0], skull[1] - upper_edge, &row([0.86, 1.50, 2.18, 2.75], 1.0));
        let cover = upper.0[3];
        // The upper row shades what lies behind and below it.
        let shaded = 0.35 * falling(0.0, 0.30, upper_edge - skull[1]) * (1.0 - cover) * (1.0 - used);
        colour.scaled(1.0 - shaded).mixed(upper, cover * (1.0 - used))
    }
}
