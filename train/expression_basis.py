"""Learns models/expression_basis.safetensors: how the face moves per unit of each expression coefficient.

    python train/expression_basis.py DATA

DATA is a folder with `landmarks.npz` (478 landmarks and 52 coefficients of each
picture) and `index.tsv` (person, size and split of each picture). Takes seconds;
nothing in it is random.

Landmarks are split into shape and pose by the method of `src/geometry/face.rs`.
The displacement per unit coefficient is a ridge regression on 51 coefficients
(`_neutral` is constant) and the pose angles, with one mean a person (fixed
effects), mirrored copies, and people with a single picture at a small weight.
The part that goes with pose is dropped: it is the landmark net's own error.

Written, canonical frame, centimetres: `neutral` (478, 3), the mean face of people who look neutral;
`neutral_coefficients` (52), the coefficients of that face; `basis` (52, 478, 3, half precision).
"""

import pathlib
import sys

import numpy as np
from safetensors.numpy import save

import model_files
from face_data import CANONICAL, LIDS, LOWER_LIP, UPPER_LIP, mirrored_indices, rigid_irises, stills

# Ridge penalty of the regression, added to the diagonal of the normal equations.
RIDGE = 0.3
# Weight of a picture whose person has only that one: it cannot tell expression from identity by itself.
SINGLE_WEIGHT = 0.05
# A picture shows a neutral face if all of these coefficients are below these values; of a pair, the left one is asked.
CALM = {"mouthSmile": 0.05, "jawOpen": 0.03, "eyeBlink": 0.2, "browInnerUp": 0.15, "mouthPucker": 0.3, "browDown": 0.1}
# Heights in the canonical frame, centimetres. What eyes and brows move fades out from the lower lid down to the nose's
# base; what the rest of the face moves fades out from the nose's tip up to the lower lid.
NOSE_BASE, NOSE_TIP, LOWER_LID = -2.0, -0.5, 2.3
# How far from the lids, centimetres, a blink carries the skin along.
REACH = 1.6


def close_lids(basis, neutral, rest, names):
    """Makes the lids meet exactly at eyeBlink = 1.

    The landmark net leaves a gap of .05 to .12 of the eye width on closed eyes, and few people in the data
    close them, so the regression falls short. The skin around the eye is carried along, up to REACH away.
    """
    for (lower, upper, corners, _), side in zip(LIDS, ("Right", "Left")):
        column = basis[names.index("eyeBlink" + side)]
        whole = 1 - rest[names.index("eyeBlink" + side)]  # change of the coefficient from the neutral face to closed
        middle = np.linalg.norm(neutral[upper[3]] - neutral[lower[3]])
        closed = np.linalg.norm(column[upper[3]] - column[lower[3]]) * whole
        lids = CANONICAL[lower + upper + list(corners)]
        away = np.linalg.norm(CANONICAL[:, None] - lids, axis=2).min(1)
        near = np.clip(1 - away / REACH, 0, 1) ** 2
        column[:468] *= (1 + (middle / closed - 1) * near)[:, None]
        low, up = neutral[lower] + column[lower] * whole, neutral[upper] + column[upper] * whole
        # Upper lids do most of the way; the line on which they meet lies near the lower lid.
        meet = low + 0.1 * (up - low)
        column[lower] = (meet - neutral[lower]) / whole
        column[upper] = (meet - neutral[upper]) / whole


def report(basis, neutral, names):
    """Largest move of each coefficient, centimetres."""
    size = np.linalg.norm(basis, axis=2).max(1)
    print({n: round(float(s), 2) for n, s in zip(names, size)})


def main():
    faces = stills(pathlib.Path(sys.argv[1]))
    names = faces.names
    points, swapped = mirrored_indices(names)
    held_out = faces[faces.split == "val"].frontal()
    faces = faces[faces.split == "train"].frontal()
    shapes, coefficients, angles, people = faces.shape, faces.coefficients, faces.angles, faces.person
    train = np.full(len(faces), True)
    owners, counts = np.unique(people[train], return_counts=True)
    several = np.isin(people, owners[counts > 1])

    features, targets, weights = [], [], []

    def add(keep, weight):
        for mirror in (False, True):
            x, c, a = shapes[keep], coefficients[keep], angles[keep]
            if mirror:
                x, c, a = x[:, points] * [-1, 1, 1], c[:, swapped], a * [-1, 1, -1]
            f = np.concatenate([c, a], 1)
            features.append(f - f.mean(0))
            targets.append((x - x.mean(0)).reshape(len(x), -1))
            weights.append(np.full(len(x), weight))

    for person in owners[counts > 1]:
        keep = train & (people == person)
        add(keep, 1.0 if keep.sum() > 3 else 0.7)
    add(train & ~several, SINGLE_WEIGHT)
    f, y, w = np.concatenate(features), np.concatenate(targets), np.concatenate(weights)
    solution = np.linalg.solve((f * w[:, None]).T @ f + RIDGE * np.eye(f.shape[1]), (f * w[:, None]).T @ y)
    basis = solution[:52].reshape(52, 478, 3)

    # The neutral face: the mean person with the mean coefficients of neutral pictures, made symmetric.
    index = {n: i for i, n in enumerate(names)}
    looks = coefficients[train]
    calm = np.ones(len(looks), bool)
    for name, limit in CALM.items():
        calm &= (looks[:, index[name + "Left"]] < limit) if name + "Left" in index else looks[:, index[name]] < limit
    rest_coefficients = (looks[calm].mean(0) + looks[calm].mean(0)[swapped]) / 2
    change = np.concatenate([looks - rest_coefficients, angles[train]], 1)
    rest = shapes[train] - (change @ solution).reshape(-1, 478, 3)
    neutral = np.stack([rest[people[train] == p].mean(0) for p in owners]).mean(0)
    neutral = (neutral + neutral[points] * [-1, 1, 1]) / 2
    print(f"{calm.sum()} pictures look neutral; coefficients there above .05:")
    print({n: round(float(c), 2) for n, c in zip(names, rest_coefficients) if c > 0.05})

    # Only gaze moves the eyeballs; brows and eyes do not move the mouth, nor the mouth the lids and brows.
    # Where the regression says otherwise, it has learnt habits of the people in the data (who smiles also squints).
    gaze = np.array([n.startswith("eyeLook") for n in names])
    basis[~gaze, 468:478] = 0
    rigid_irises(basis)
    upper = np.array([n.startswith(("eye", "brow")) for n in names])
    height = CANONICAL[:, 1:2]
    basis[upper, :468] *= np.clip((height - NOSE_BASE) / (LOWER_LID - NOSE_BASE), 0, 1)
    basis[~upper, :468] *= np.clip((LOWER_LID - height) / (LOWER_LID - NOSE_TIP), 0, 1)

    left = total = 0.0
    for person in np.unique(held_out.person):
        part = held_out[held_out.person == person]
        if len(part) < 2:
            continue
        y = part.shape - part.shape.mean(0)
        c = part.coefficients - part.coefficients.mean(0)
        a = part.angles - part.angles.mean(0)
        y = y - np.tensordot(a, solution[52:].reshape(3, 478, 3), 1)
        total += (y**2).sum()
        left += ((y - np.tensordot(c, basis, 1)) ** 2).sum()
    print(f"pictures {train.sum()}, people with several {(counts > 1).sum()}")
    print(f"held-out people: the basis explains {1 - left / total:.3f} of the squared displacement")

    # The lips of the neutral face are made to touch.
    gap = neutral[UPPER_LIP] - neutral[LOWER_LIP]
    print(f"neutral lip gap {np.linalg.norm(gap[4]):.3f} cm, closed by hand")
    neutral[UPPER_LIP] -= gap / 2
    neutral[LOWER_LIP] += gap / 2
    for lower, upper, (a, b), _ in LIDS:
        width = np.linalg.norm(neutral[a] - neutral[b])
        print(f"neutral lid gap / eye width {np.linalg.norm(neutral[lower[3]] - neutral[upper[3]]) / width:.3f}")
    for side, (lower, upper, (a, b), iris) in zip(("Right", "Left"), LIDS):
        column = basis[names.index("eyeBlink" + side)]
        up, low = neutral[upper[3]] + column[upper[3]], neutral[lower[3]] + column[lower[3]]
        width = np.linalg.norm(neutral[a] - neutral[b])
        print(f"lid gap at eyeBlink{side} = 1 before snapping {(up - low)[1] / width:.3f}")
        for way in ("Up", "Down", "In", "Out"):
            print(f"eyeLook{way}{side}: iris moves {np.round(basis[names.index('eyeLook' + way + side), iris[0]], 2)} cm")
    close_lids(basis, neutral, rest_coefficients, names)
    report(basis, neutral, names)

    tensors = {
        "neutral": neutral.astype(np.float32),
        "neutral_coefficients": rest_coefficients.astype(np.float32),
        "basis": basis.astype(np.float16),
    }
    model_files.put("expression_basis.safetensors", save(tensors))


main()
