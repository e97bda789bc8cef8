//! Where the net cannot decide between person and background, the colours of both nearby decide.
//!
//! Loose hair, and lights and leaves beside it, often come out half person over a wide area. A half-transparent head
//! shows: when it moves, what is behind it shines through, and a half-transparent background moves with it.

use super::super::plane::Plane;
use super::{at_least_one, local_colour};
use crate::geometry::smoothstep;

/// Values of the mask, 0 to 1, at which the net counts as undecided: not at all below the first, wholly from the
/// second to the third, not at all above the fourth.
const UNDECIDED: [f32; 4] = [0.10, 0.30, 0.80, 0.95];
/// Below this value of the mask, 0 to 1, the net is sure of background.
const BACKGROUND: f32 = 0.04;
/// Above this value of the mask, 0 to 1, the net is sure of a person.
const PERSON: f32 = 0.97;
/// How surely a colour is the background's, by its distance from the background's mean colour: 1 below the first, 0
/// above the second; in standard deviations of the background nearby.
const LIKE: [f64; 2] = [1.5, 3.0];
/// How surely a colour is nearer to the person's than to the background's, by its squared distance to the background
/// as a share of the sum of both squared distances: 0 below the first, 1 above the second. With the two exchanged it
/// says how surely the colour is nearer to the background's.
const NEARER: [f64; 2] = [0.35, 0.6];
/// How far around a pixel person and background are looked for, widths of the face. It is the radius of a box blur
/// that is done three times.
const REACH: f32 = 0.25;
/// How far around a pixel background is looked for where none is near, widths of the face.
const FAR_REACH: f32 = 1.2;
/// Weight of background that far away, against 1 for background nearby.
const FAR_WEIGHT: f32 = 0.03;
/// How surely a colour is not the background's, by its distance from the background's mean colour: 0 below the first, 1
/// above the second; in standard deviations of the background nearby.
const UNLIKE: [f64; 2] = [2.5, 4.5];
/// Least standard deviation that person and background are taken to have (colours 0..1).
const LEAST_SPREAD: f32 = 0.045;

/// The mask, raised where it is undecided and the picture looks unlike the background nearby and more like the
/// person, and lowered where it looks like the background. `reach` is the face's width in pixels.
pub fn decide(mask: &Plane, colours: &[Plane; 3], reach: f32) -> Plane {
    let background = mask.map(|m| if m < BACKGROUND { 1.0 } else { 0.0 });
    let person = mask.map(|m| if m > PERSON { 1.0 } else { 0.0 });
    let (near, far) = (at_least_one(REACH * reach), at_least_one(FAR_REACH * reach));
    let from_person = times_away(colours, &person, |plane| plane.blurred(near));
    // A thick puff of hair that the net missed has no background near its middle.
    let from_background = times_away(colours, &background, |plane| {
        plane.blurred(near).zip(&plane.box_mean(far), |near, far| near + FAR_WEIGHT * far)
    });
    let share = |times: f32, [none, all]: [f64; 2]| smoothstep(f64::from(times), none, all) as f32;
    let nearer = from_background.zip(&from_person, |b, p| b * b / (b * b + p * p).max(1e-6));
    let unlike = from_background.zip(&nearer, |times, nearer| share(times, UNLIKE) * share(nearer, NEARER));
    let like = from_background.zip(&nearer, |times, nearer| match times >= 0.0 {
        true => (1.0 - share(times, LIKE)) * share(1.0 - nearer, NEARER),
        false => 0.0,
    });
    // The mean over neighbours counts, so that single pixels decide nothing: strands are left to the refinement of the
    // outline.
    let [unlike, like] = [unlike, like].map(|shares| shares.box_mean(at_least_one(0.015 * reach)));
    mask.zip(&unlike.zip(&like, |unlike, like| unlike - like), |m, verdict| {
        let [start, wholly, no_more, end] = UNDECIDED.map(f64::from);
        let m64 = f64::from(m);
        let undecided = (smoothstep(m64, start, wholly) * (1.0 - smoothstep(m64, no_more, end))) as f32;
        // Above the inner range a raised mask goes on being raised, so that the order of values is kept.
        let lift = if m64 > no_more { 1.0 } else { undecided };
        let lowered = m * undecided * (-verdict).max(0.0);
        m + (1.0 - m) * lift * verdict.max(0.0) - lowered
    })
}

/// How far each pixel's colour is from the mean colour of the chosen pixels nearby, in their standard deviations; -1
/// where none is within reach. `mean` is the blur that decides how far that is.
fn times_away(colours: &[Plane; 3], chosen: &Plane, mean: impl Fn(&Plane) -> Plane) -> Plane {
    let (mean, spread) = local_colour(colours, chosen, mean);
    let mut times = spread;
    for (k, out) in times.data.iter_mut().enumerate() {
        let distance: f32 = (0..3).map(|c| (colours[c].data[k] - mean[c].data[k]).powi(2)).sum();
        *out = if out.is_finite() { (distance / (*out + LEAST_SPREAD * LEAST_SPREAD)).sqrt() } else { -1.0 };
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Background at the left, an undecided area of `colour` at the right.
    fn half(colour: f32) -> Plane {
        let side = 40;
        let at = |x: usize, left: f32, right: f32| if x < side / 2 { left } else { right };
        let plane = |left: f32, right: f32| Plane {
            width: side,
            height: side,
            data: (0..side * side).map(|k| at(k % side, left, right)).collect(),
        };
        decide(&plane(0.0, 0.5), &[plane(0.2, colour), plane(0.2, colour), plane(0.2, colour)], 60.0)
    }

    #[test]
    fn what_looks_unlike_the_background_is_person() {
        assert!(half(0.8).at(30, 20) > 0.95);
        assert_eq!(half(0.8).at(5, 20), 0.0);
    }

    #[test]
    fn what_looks_like_the_background_is_background() {
        assert!(half(0.22).at(30, 20) < 0.02);
    }

    #[test]
    fn what_looks_like_neither_or_more_like_the_background_is_not_raised() {
        // Background, an undecided light, and a person of another colour.
        let side = 60;
        let mask = Plane::from_fn(side, side, |x, _| [0.0, 0.5, 1.0][x / 20]);
        let grey = |light: f32| Plane::from_fn(side, side, move |x, _| [0.6, light, 0.1][x / 20]);
        let at = |light: f32| decide(&mask, &[grey(light), grey(light), grey(light)], 160.0).at(30, 30);
        assert!(at(0.9) <= 0.5, "a light: {}", at(0.9));
        assert!(at(0.12) > 0.95, "hair: {}", at(0.12));
    }

    #[test]
    fn background_farther_away_decides_where_there_is_none_near() {
        // A head, a thick puff of hair beside it that the net half saw, and the wall below.
        let (width, height) = (160, 120);
        let wall = |y: usize| y >= 100;
        let mask = Plane::from_fn(width, height, |x, y| {
            if wall(y) {
                0.0
            } else if x < 60 {
                1.0
            } else {
                0.4
            }
        });
        let grey = Plane::from_fn(width, height, |_, y| if wall(y) { 0.5 } else { 0.1 });
        let puff = decide(&mask, &[grey.clone(), grey.clone(), grey], 64.0).at(80, 30);
        assert!(puff > 0.95, "{puff}");
    }

    #[test]
    fn without_background_nothing_is_decided() {
        let plane = Plane::filled(20, 20, 0.5);
        let decided = decide(&plane, &[plane.clone(), plane.clone(), plane.clone()], 30.0);
        assert!(decided.data.iter().all(|&m| m == 0.5));
    }
}
