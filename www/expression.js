// The editor's logic: sliders to coefficients and back, and presets. Nothing of a page is in it.
//
// A face is an object of the 52 coefficients by ARKit name, with yaw, pitch and roll in degrees.
// Left and right of a slider are the picture's; in a coefficient's name they are the person's.

const both = (stem) => [`${stem}Left`, `${stem}Right`];

/** A head angle; `sign` is -1 where the slider's right is the angle's minus. */
const angle = (id, label, ends, sign = 1) => ({ id, label, ends, angle: sign, min: -25, max: 25, step: 0.5 });
/** The mean of coefficients. */
const one = (id, label, plus) => ({ id, label, plus, minus: [], min: 0, max: 1, step: 0.01 });
/** The mean of some coefficients less the mean of their opposites; the slider goes up to `reach` either way. */
const two = (id, label, ends, plus, minus, reach = 1) => {
  return { id, label, ends, plus, minus, min: -reach, max: reach, step: reach / 100 };
};

/**
 * Largest coefficient that the blendshape net gives for a jaw that is pushed sideways as far as it goes. The face's
 * motion was learned from the net's numbers, so most of a slider up to 1 would lie where there was nothing to learn.
 */
const JAW_ACROSS = 0.13;
/** Largest coefficient that the net gives for a mouth that is pushed sideways as far as it goes. */
const MOUTH_ACROSS = 0.6;

const ACROSS = ["left", "right"];
const UPRIGHT = ["down", "up"];

/** The sliders in groups. No coefficient belongs to two of them. */
export const GROUPS = [
  {
    title: "Head",
    sliders: [
      angle("yaw", "Turn", ACROSS),
      angle("pitch", "Nod", UPRIGHT),
      // Roll is counter-clockwise: towards the picture's left.
      angle("roll", "Tilt", ACROSS, -1),
    ],
  },
  {
    title: "Eyes",
    sliders: [
      two("gazeAcross", "Gaze, sideways", ACROSS, ["eyeLookOutLeft", "eyeLookInRight"], ["eyeLookInLeft", "eyeLookOutRight"]),
      two("gazeUp", "Gaze, up and down", UPRIGHT, both("eyeLookUp"), both("eyeLookDown")),
      one("lidLeft", "Left lid shut", ["eyeBlinkRight"]),
      one("lidRight", "Right lid shut", ["eyeBlinkLeft"]),
      one("wide", "Eyes wide", both("eyeWide")),
      one("squint", "Squint", both("eyeSquint")),
    ],
  },
  {
    title: "Brows",
    sliders: [
      one("browsUp", "Brows up", ["browInnerUp", ...both("browOuterUp")]),
      one("browsDown", "Brows down", both("browDown")),
    ],
  },
  {
    title: "Mouth",
    sliders: [
      one("smile", "Smile", both("mouthSmile")),
      one("frown", "Mouth corners down", both("mouthFrown")),
      one("pucker", "Pucker", ["mouthPucker"]),
      one("funnel", "Funnel", ["mouthFunnel"]),
      one("upperLip", "Upper lip up", both("mouthUpperUp")),
      one("lowerLip", "Lower lip down", both("mouthLowerDown")),
      one("tongue", "Tongue out (of an open mouth)", ["tongueOut"]),
      two("mouthAcross", "Mouth, sideways", ACROSS, ["mouthLeft"], ["mouthRight"], MOUTH_ACROSS),
    ],
  },
  {
    title: "Jaw, cheeks and nose",
    sliders: [
      one("jawOpen", "Jaw open", ["jawOpen"]),
      two("jawAcross", "Jaw, sideways", ACROSS, ["jawLeft"], ["jawRight"], JAW_ACROSS),
      one("puff", "Cheek puff", ["cheekPuff"]),
      one("sneer", "Sneer", both("noseSneer")),
    ],
  },
];

export const SLIDERS = GROUPS.flatMap((group) => group.sliders);

const pairs = (shares) =>
  Object.fromEntries(Object.entries(shares).flatMap(([stem, share]) => both(stem).map((name) => [name, share])));

/** What people show at rest: the mean that the expression basis is built on, where it is not about 0. */
const NEUTRAL = {
  browInnerUp: 0.04,
  mouthPucker: 0.08,
  mouthRollLower: 0.02,
  mouthShrugLower: 0.08,
  mouthShrugUpper: 0.05,
  ...pairs({ browDown: 0.03, browOuterUp: 0.14, eyeBlink: 0.06, eyeSquint: 0.28, eyeWide: 0.02, mouthPress: 0.06 }),
};

/** Presets by name: what they show beside a neutral face. Where they say nothing of the gaze, it is the photo's. */
export const PRESETS = {
  neutral: {},
  smile: { ...pairs({ mouthSmile: 0.7, eyeSquint: 0.5, mouthUpperUp: 0.15 }) },
  laugh: {
    ...pairs({ mouthSmile: 0.9, eyeSquint: 0.75, mouthUpperUp: 0.5, mouthLowerDown: 0.35, mouthPress: 0 }),
    jawOpen: 0.3,
    mouthShrugLower: 0,
    pitch: 4,
  },
  surprise: {
    ...pairs({ browOuterUp: 0.85, eyeWide: 0.6, eyeSquint: 0.05, eyeBlink: 0, browDown: 0, mouthPress: 0 }),
    browInnerUp: 0.85,
    jawOpen: 0.35,
    mouthFunnel: 0.12,
    pitch: 3,
  },
  wink: {
    ...pairs({ mouthSmile: 0.4 }),
    eyeBlinkRight: 0.8,
    eyeSquintRight: 0.65,
    eyeSquintLeft: 0.35,
    mouthSmileRight: 0.65,
    browDownRight: 0.25,
    roll: 4,
  },
  kiss: { ...pairs({ eyeSquint: 0.45, mouthPress: 0 }), mouthPucker: 0.95, mouthFunnel: 0.12, pitch: 2 },
  grimace: {
    ...pairs({ mouthStretch: 0.5, mouthLowerDown: 0.6, mouthUpperUp: 0.35, browDown: 0.45, eyeSquint: 0.65, noseSneer: 0.3 }),
    jawOpen: 0.04,
  },
  asleep: { ...pairs({ eyeBlink: 0.8, eyeSquint: 0.3, mouthPress: 0 }), jawOpen: 0.04, pitch: -8, roll: -6 },
  angry: {
    ...pairs({ browDown: 0.85, browOuterUp: 0, eyeSquint: 0.6, mouthPress: 0.45, mouthFrown: 0.3, noseSneer: 0.3 }),
    browInnerUp: 0,
    mouthShrugLower: 0.25,
    pitch: -4,
  },
  sad: {
    ...pairs({ browOuterUp: 0.05, mouthFrown: 0.55, eyeSquint: 0.3 }),
    browInnerUp: 0.75,
    mouthShrugLower: 0.45,
    mouthShrugUpper: 0.25,
    pitch: -6,
    roll: -3,
  },
};

/** A face from a list of coefficients in the order of `names`, its head as in the photo. */
export function faceOf(names, coefficients) {
  return { ...Object.fromEntries(names.map((name, index) => [name, coefficients[index]])), yaw: 0, pitch: 0, roll: 0 };
}

/** The face of a preset on a photo that shows `own`. */
export function presetFace(preset, own) {
  const face = Object.keys(own).map((name) => [name, name.startsWith("eyeLook") ? own[name] : (NEUTRAL[name] ?? 0)]);
  return { ...Object.fromEntries(face), ...PRESETS[preset] };
}

/** Names of a face's entries that a slider moves. */
export const moves = (slider) => (slider.angle ? [slider.id] : [...slider.plus, ...slider.minus]);

const mean = (face, names) => names.reduce((sum, name) => sum + face[name], 0) / Math.max(names.length, 1);

/** What a slider shows for a face. */
export function valueOf(slider, face) {
  return slider.angle ? slider.angle * face[slider.id] : mean(face, slider.plus) - mean(face, slider.minus);
}

/** The entries of `names`, all moved by the same change, as far as each stays in [0, 1], until their mean is `goal`. */
function level(face, names, goal) {
  const values = Object.fromEntries(names.map((name) => [name, face[name]]));
  let left = (goal - mean(values, names)) * names.length;
  let free = names;
  while (free.length && Math.abs(left) > 1e-9) {
    const step = left / free.length;
    for (const name of free) {
      const next = Math.min(1, Math.max(0, values[name] + step));
      left -= next - values[name];
      values[name] = next;
    }
    free = free.filter((name) => (left > 0 ? values[name] < 1 : values[name] > 0));
  }
  return values;
}

/** The entries of `face` that change when a slider moves to `value`: opposing ones fall before the others rise. */
export function moved(slider, value, face) {
  if (slider.angle) return { [slider.id]: slider.angle * value };
  const change = value - valueOf(slider, face);
  const [rise, fall] = change > 0 ? [slider.plus, slider.minus] : [slider.minus, slider.plus];
  const opposed = mean(face, fall);
  const fallen = Math.min(opposed, Math.abs(change));
  return { ...level(face, fall, opposed - fallen), ...level(face, rise, mean(face, rise) + Math.abs(change) - fallen) };
}

/** A value in words: "35%", "12° up", "20% left". Shares are of the slider's largest value. */
export function words(slider, value) {
  const size = slider.angle ? `${Math.abs(value)}°` : `${Math.round((Math.abs(value) / slider.max) * 100)}%`;
  if (!slider.ends || Number.parseFloat(size) === 0) return size;
  return `${size} ${slider.ends[value < 0 ? 0 : 1]}`;
}
