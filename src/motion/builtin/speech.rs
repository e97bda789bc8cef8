//! Mouth shapes of speech: letters to curves.

use super::curve::Key;

/// Time of one mouth shape of a script's speech, seconds: about four syllables a second.
const SLOT: f64 = 0.115;

/// Mouth shapes of speech by letter: coefficients of the shape.
const VISEMES: &[(char, &[(&str, f64)])] = &[
    ('A', &[("jawOpen", 0.36), ("mouthLowerDown", 0.15), ("mouthUpperUp", 0.1)]),
    ('E', &[("jawOpen", 0.2), ("mouthLowerDown", 0.2), ("mouthStretch", 0.15), ("mouthUpperUp", 0.12)]),
    ('I', &[("jawOpen", 0.1), ("mouthLowerDown", 0.22), ("mouthStretch", 0.25), ("mouthUpperUp", 0.12)]),
    ('O', &[("jawOpen", 0.26), ("mouthFunnel", 0.22), ("mouthPucker", 0.3)]),
    ('U', &[("jawOpen", 0.08), ("mouthFunnel", 0.14), ("mouthPucker", 0.65)]),
    ('Y', &[("jawOpen", 0.09), ("mouthStretch", 0.1), ("mouthLowerDown", 0.1)]),
    ('L', &[("jawOpen", 0.18), ("mouthLowerDown", 0.14)]),
    ('N', &[("jawOpen", 0.08), ("mouthLowerDown", 0.14)]),
    ('K', &[("jawOpen", 0.14), ("mouthLowerDown", 0.1)]),
    ('T', &[("jawOpen", 0.06), ("mouthLowerDown", 0.16)]),
    ('S', &[("jawOpen", 0.04), ("mouthLowerDown", 0.2), ("mouthStretch", 0.1), ("mouthUpperUp", 0.06)]),
    ('F', &[("jawOpen", 0.03), ("mouthUpperUp", 0.2), ("mouthRollLower", 0.12)]),
    ('V', &[("jawOpen", 0.03), ("mouthUpperUp", 0.18), ("mouthRollLower", 0.1)]),
    ('W', &[("jawOpen", 0.06), ("mouthPucker", 0.7)]),
    ('M', &[("mouthPress", 0.35)]),
    ('P', &[("mouthPress", 0.45)]),
];

/// Curves of the coefficients that `letters` move, one mouth shape in each slot of time. Shapes run into each other, as
/// they do in speech; only a shape with closed lips keeps its own values.
pub(super) fn speech(letters: &str, period: f64) -> Vec<(&'static str, Vec<Key>)> {
    const PAIRED: &[(&str, [&str; 2])] = &[
        ("mouthLowerDown", ["mouthLowerDownLeft", "mouthLowerDownRight"]),
        ("mouthUpperUp", ["mouthUpperUpLeft", "mouthUpperUpRight"]),
        ("mouthStretch", ["mouthStretchLeft", "mouthStretchRight"]),
        ("mouthPress", ["mouthPressLeft", "mouthPressRight"]),
    ];
    const SINGLE: &[&str] = &["jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower"];
    if letters.is_empty() {
        return Vec::new();
    }
    let letters: Vec<char> = letters.chars().collect();
    let value = |letter: char, name: &str| {
        let shape = VISEMES.iter().find(|(known, _)| *known == letter).map_or(&[][..], |(_, shape)| shape);
        shape.iter().find(|(known, _)| *known == name).map_or(0.0, |&(_, value)| value)
    };
    let keys = |name: &str| -> Vec<Key> {
        let at = |slot: usize| value(letters[slot % letters.len()], name);
        let count = letters.len();
        (0..count)
            .map(|slot| {
                let closed = matches!(letters[slot], 'M' | 'P' | '_');
                let (before, after) = (at(slot + count - 1), at(slot + 1));
                let mixed = if closed { at(slot) } else { 0.2 * before + 0.6 * at(slot) + 0.2 * after };
                ((slot as f64 + 0.5) * SLOT, mixed)
            })
            .take_while(|key| key.0 < period)
            .collect()
    };
    let paired = PAIRED.iter().flat_map(|&(name, sides)| {
        let curve = keys(name);
        sides.map(|side| (side, curve.clone()))
    });
    paired.chain(SINGLE.iter().map(|&name| (name, keys(name)))).collect()
}
