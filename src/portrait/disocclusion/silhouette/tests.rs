#![allow(clippy::unwrap_used)]

use image::Luma;

use super::*;
use crate::portrait::prepare::tests::seen;

/// The outline of a face turned by `yaw` degrees in a matte that is 255 at the given numbers of pixels beyond the
/// landmarks.
fn outline(yaw: f64, person: impl Fn(f32) -> bool) -> Silhouette {
    let mesh = HeadMesh::build(&seen(yaw).geometry());
    let alone = Silhouette::of(&mesh, &GrayImage::new(600, 600)).unwrap();
    let matte = GrayImage::from_fn(600, 600, |x, y| {
        let way = Vector2::new(x as f32 + 0.5, y as f32 + 0.5) - alone.centre;
        Luma([if person(way.norm() - alone.reach[turn(way).0]) { 255 } else { 0 }])
    });
    Silhouette::of(&mesh, &matte).unwrap()
}

fn most(values: &[f32]) -> f32 {
    values.iter().copied().fold(0.0, f32::max)
}

#[test]
fn what_stands_beside_a_face_is_held_to_where_the_matte_ends() {
    for yaw in [-30.0, 12.0, 30.0] {
        let width = outline(yaw, |_| false).width;
        // A beard; glasses, which are seen through; hair that is too wide to have an end.
        for (person, end, held) in [
            (&(|beyond| beyond < 0.1 * width) as &dyn Fn(f32) -> bool, 0.1, 0.1),
            (&|beyond| beyond < 0.0 || (0.17 * width..0.2 * width).contains(&beyond), 0.2, 0.2),
            (&|_| true, MARGIN, BESIDE),
        ] {
            let found = outline(yaw, person);
            let near: Vec<f32> = found.held.iter().map(|[near, _]| *near).collect();
            assert!((most(&found.ends) / width - end).abs() < 0.02, "{yaw}: {}", most(&found.ends) / width);
            assert!((most(&near) / width - held).abs() < 0.02, "{yaw}: {}", most(&near) / width);
        }
    }
}

#[test]
fn behind_what_is_held_there_is_nobody() {
    let found = outline(30.0, |beyond| beyond < 25.0);
    let held = |k: &usize| found.held[*k][0] > 20.0;
    let k = (0..DIRECTIONS).find(held).unwrap();
    let at = |beyond: f32| found.behind(found.centre + direction(k) * (found.reach[k] + beyond));
    assert!(matches!(at(10.0), Behind::Background));
    assert!(matches!(at(found.held[k][1] + 1.0), Behind::Nothing));
    // Behind the face the colours go on that lie beyond what goes with the face.
    let Behind::Place(place) = at(-10.0) else { panic!("nothing behind the face") };
    assert!((place - found.centre).norm() > found.reach[k] + 20.0);
    // On the near side nothing is hidden.
    let k = (0..DIRECTIONS).find(|&k| found.held[k][1] == 0.0).unwrap();
    assert!(matches!(found.behind(found.centre + direction(k) * (found.reach[k] - 5.0)), Behind::Nothing));
}

#[test]
fn a_shoulder_beyond_a_gap_is_no_part_of_what_stands_beside_a_cheek() {
    for yaw in [-30.0, 30.0] {
        let width = outline(yaw, |_| false).width;
        let found = outline(yaw, |beyond| beyond < 0.04 * width || beyond > 0.09 * width);
        let usual = &CanonicalFace::get().positions;
        let below = |k: &usize| found.hidden[*k] > 0.99 && found.anchors[*k].on(usual).y < -1.0;
        let cheek: Vec<usize> = (0..DIRECTIONS).filter(below).collect();
        assert!(cheek.len() > 20, "{yaw}: {}", cheek.len());
        for k in cheek {
            assert!(found.held[k][0] < 0.06 * width, "{yaw}, direction {k}: {}", found.held[k][0] / width);
            // Where the colours behind the face come from ends before that, too.
            for inside in [1.0, 0.05 * width, 0.2 * width] {
                let place = found.centre + direction(k) * (found.reach[k] - inside);
                if let Behind::Place(beyond) = found.behind(place) {
                    let beyond = (beyond - found.centre).norm() - found.reach[k];
                    assert!(beyond < 0.1 * width, "{yaw}, direction {k}: {}", beyond / width);
                }
            }
        }
    }
}
