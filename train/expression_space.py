"""The linear part of the expression decoder: who faces are, and how they move.

- `identity`: principal components of shapes of different people.
- `linear`: displacement per unit coefficient, a ridge regression with one mean a person
  (fixed effects), pose angles as nuisance, mirrored copies, and people of one picture at a small weight.
- `moves`: principal components of real displacements and of those the regression gives for random
  changes of expression; the decoder's output space.
"""

import numpy as np

from face_data import rigid_irises

# Ridge penalty of the regression, added to the diagonal of the normal equations.
RIDGE = 1.5
# Weight of a picture whose person has only that one: it cannot tell expression from identity by itself.
SINGLE_WEIGHT = 0.05
# Weight of a frame of a clip; a still of a person with more than three weighs 1.
CLIP_WEIGHT = 0.4
# About how many frames of each speaker are used.
CLIP_FRAMES = 250
# Principal components that are kept, of identity and of motion.
IDENTITIES, MOVES = 48, 60


def regression(stills, clips):
    """-> (52, 1434) displacement per unit coefficient, (3, 1434) per radian of pose, real displacements."""
    features, targets, weights, several = [], [], [], []

    def add(faces, weight):
        for part in (faces, faces.mirrored()):
            f = np.concatenate([part.coefficients, part.angles], 1)
            x = part.shape.reshape(len(part), -1)
            features.append(f - f.mean(0))
            targets.append(x - x.mean(0))
            weights.append(np.full(len(part), weight))
            several.append(np.full(len(part), weight != SINGLE_WEIGHT))

    owners, counts = np.unique(stills.person, return_counts=True)
    many = owners[counts > 1]
    for person in many:
        part = stills[stills.person == person]
        add(part, 1.0 if len(part) > 3 else 0.7)
    for person in np.unique(clips.person):
        rows = np.flatnonzero(clips.person == person)
        add(clips[rows[:: max(1, len(rows) // CLIP_FRAMES)]], CLIP_WEIGHT)
    add(stills[~np.isin(stills.person, many)], SINGLE_WEIGHT)
    f, x, w, real = (np.concatenate(part) for part in (features, targets, weights, several))
    gram = (f * w[:, None]).T @ f + RIDGE * np.eye(f.shape[1])
    solution = np.linalg.solve(gram, (f * w[:, None]).T @ x)
    linear, pose = solution[:52], solution[52:]
    moves = (x - f[:, 52:] @ pose) * np.sqrt(w)[:, None]
    return linear, pose, moves[real]


def rigid(rows):
    return rigid_irises(rows.reshape(-1, 478, 3).copy()).reshape(len(rows), -1)


def build(stills, clips, seed=0):
    """All arrays of the linear part, from frontal training faces."""
    rng = np.random.default_rng(seed)
    linear, pose, real = regression(stills, clips)
    i, j = rng.integers(0, len(stills), (2, 3000))
    drawn = (stills.coefficients[i] - stills.coefficients[j]) @ linear
    rows = rigid(np.concatenate([real / np.sqrt(len(real)), 0.7 * drawn / np.sqrt(len(drawn))]))
    _, sizes, moves = np.linalg.svd(rows, full_matrices=False)
    moves, sizes = moves[:MOVES], sizes[:MOVES]

    both = np.concatenate([stills.shape, stills.mirrored().shape]).reshape(2 * len(stills), -1)
    mean = both.mean(0)
    _, spread, identity = np.linalg.svd(both - mean, full_matrices=False)
    return {
        "mean": mean,
        "identity": identity[:IDENTITIES],
        "identity_scale": spread[:IDENTITIES] / np.sqrt(len(both)),
        "moves": moves,
        "move_scale": sizes,
        "linear": linear @ moves.T,
        "pose": pose,
    }


def explained(faces, space):
    """Share of the squared displacement around each person's mean that (regression, components) explain."""
    left_linear = left_moves = total = 0.0
    for person in np.unique(faces.person):
        part = faces[faces.person == person]
        if len(part) < 2:
            continue
        x = rigid(part.shape)
        x = x - x.mean(0) - (part.angles - part.angles.mean(0)) @ space["pose"]
        a = (part.coefficients - part.coefficients.mean(0)) @ space["linear"]
        total += (x**2).sum()
        left_linear += ((x - a @ space["moves"]) ** 2).sum()
        left_moves += ((x - x @ space["moves"].T @ space["moves"]) ** 2).sum()
    return 1 - left_linear / total, 1 - left_moves / total
