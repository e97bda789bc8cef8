"""The data set as shapes, poses and coefficients, for the scripts that learn expression.

Landmarks are split into shape and pose by the method of `src/geometry/face.rs`:
shape in the canonical frame (centimetres, pose undone), pose as rotation and translation.
"""

import csv
import json
import pathlib

import numpy as np
from safetensors.numpy import load_file

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
FACE = json.loads((MODELS / "canonical_face.json").read_text())
CANONICAL = np.array(FACE["positions"])
TRIANGLES = np.array(FACE["triangles"]).reshape(-1, 3)
WEIGHTS = np.array(FACE["weights"])

FIELD_OF_VIEW, NEAR = np.deg2rad(63.0), 1.0
# Largest turns of the head, radians, up to which landmarks are trusted: those of faces turned further are guesses.
YAW_LIMIT, PITCH_LIMIT = np.deg2rad(30), np.deg2rad(26)

# Lower and upper lid points facing each other, corners excluded; the eye's corners; the iris.
LIDS = [
    ([7, 163, 144, 145, 153, 154, 155], [246, 161, 160, 159, 158, 157, 173], (33, 133), range(468, 473)),
    ([382, 381, 380, 374, 373, 390, 249], [398, 384, 385, 386, 387, 388, 466], (362, 263), range(473, 478)),
]
UPPER_LIP = [191, 80, 81, 82, 13, 312, 311, 310, 415]
LOWER_LIP = [95, 88, 178, 87, 14, 317, 402, 318, 324]


def procrustes(source, target):
    """Weighted least squares fit of scale s, rotation R and shift t, so that target = s R source + t."""
    total = WEIGHTS.sum()
    centre = WEIGHTS @ source / total
    centred = source - centre
    u, _, vt = np.linalg.svd((target * WEIGHTS[:, None]).T @ centred)
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        u[:, 2] *= -1
    r = u @ vt
    s = (WEIGHTS[:, None] * (centred @ r.T) * target).sum() / (WEIGHTS[:, None] * centred * source).sum()
    return s, r, WEIGHTS @ (target - s * source @ r.T) / total


def split(landmarks, width, height):
    """Landmarks in pixels -> shape, rotation, translation."""
    near_h = 2 * NEAR * np.tan(FIELD_OF_VIEW / 2)
    near_w = near_h * width / height
    screen = np.stack(
        [
            (landmarks[:, 0] / width - 0.5) * near_w,
            (0.5 - landmarks[:, 1] / height) * near_h,
            landmarks[:, 2] / width * near_w,
        ],
        1,
    )
    offset = screen[:468, 2].mean()

    def unproject(scale):
        depth = (screen[:, 2] - offset + NEAR) / scale
        return np.stack([screen[:, 0] * depth / NEAR, screen[:, 1] * depth / NEAR, -depth], 1)

    first = procrustes(CANONICAL, screen[:468] * [1, 1, -1])[0]
    second = procrustes(CANONICAL, unproject(first)[:468])[0]
    metric = unproject(first * second)
    _, r, t = procrustes(CANONICAL, metric[:468])
    return (metric - t) @ r, r, t


def angles(rotations):
    """Yaw, pitch and roll of rotation matrices, radians."""
    r = rotations
    return np.stack(
        [
            np.arctan2(r[:, 0, 2], r[:, 2, 2]),
            np.arcsin(np.clip(r[:, 1, 2], -1, 1)),
            np.arctan2(r[:, 1, 0], r[:, 1, 1]),
        ],
        1,
    )


def mirrored_indices(names):
    """Indices that mirror a face: for each landmark, and for each coefficient, its counterpart on the other side."""
    flipped = CANONICAL * [-1, 1, 1]
    skin = np.array([((CANONICAL - p) ** 2).sum(1).argmin() for p in flipped])
    iris = [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]
    swap = {"Left": "Right", "Right": "Left"}
    coefficients = []
    for name in names:
        side = next((s for s in swap if name.endswith(s)), None)
        # jawLeft and mouthLeft end in a side like the others.
        coefficients.append(names.index(name[: -len(side)] + swap[side]) if side else names.index(name))
    return np.concatenate([skin, iris]), np.array(coefficients)


class Faces:
    """Rows of faces: shape (N, 478, 3), rotation, translation, coefficients (N, 52), person, split."""

    COLUMNS = ("shape", "rotation", "translation", "coefficients", "person", "split")

    def __init__(self, names, **columns):
        self.names = names
        for column in self.COLUMNS:
            setattr(self, column, np.asarray(columns[column]))
        self.angles = angles(self.rotation)

    def __len__(self):
        return len(self.shape)

    def __getitem__(self, keep):
        return Faces(self.names, **{column: getattr(self, column)[keep] for column in self.COLUMNS})

    def __add__(self, other):
        pairs = {c: np.concatenate([getattr(self, c), getattr(other, c)]) for c in self.COLUMNS}
        return Faces(self.names, **pairs)

    def mirrored(self):
        points, swapped = mirrored_indices(self.names)
        flip = np.diag([-1.0, 1.0, 1.0])
        return Faces(
            self.names,
            shape=self.shape[:, points] * [-1, 1, 1],
            rotation=flip @ self.rotation @ flip,
            translation=self.translation * [-1, 1, 1],
            coefficients=self.coefficients[:, swapped],
            person=self.person,
            split=self.split,
        )

    def frontal(self):
        """The rows whose landmarks can be trusted."""
        return self[(np.abs(self.angles[:, 0]) < YAW_LIMIT) & (np.abs(self.angles[:, 1]) < PITCH_LIMIT)]


def stills(folder):
    """The pictures of the data set `folder`, which has `landmarks.npz` and `index.tsv`."""
    data = np.load(folder / "landmarks.npz")
    with open(folder / "index.tsv") as file:
        rows = {row["path"]: row for row in csv.DictReader(file, delimiter="\t")}
    rows = [rows[str(path)] for path in data["paths"]]
    parts = [
        split(landmarks, int(row["width"]), int(row["height"]))
        for landmarks, row in zip(data["landmarks"].astype(np.float64), rows)
    ]
    coefficients = data["blendshapes"].astype(np.float64)
    coefficients[:, 0] = 0  # _neutral
    shape, rotation, translation = (np.array(part) for part in zip(*parts))
    return Faces(
        [str(n) for n in data["blendshape_names"]],
        shape=shape,
        rotation=rotation,
        translation=translation,
        coefficients=coefficients,
        person=[row["person"] for row in rows],
        split=[row["split"] for row in rows],
    )


def clips(file, folder, names):
    """Frames of clips, as `examples/track_clips.rs` writes them."""
    with open(folder / "index.tsv") as index:
        rows = {pathlib.Path(row["path"]).stem: row for row in csv.DictReader(index, delimiter="\t")}
    out = None
    tensors = load_file(file)
    for clip in sorted({key.split(".")[0] for key in tensors}):
        part = {what: tensors[f"{clip}.{what}"].astype(np.float64) for what in Faces.COLUMNS[:4]}
        part["coefficients"][:, 0] = 0
        count = len(part["shape"])
        row = rows[clip]
        faces = Faces(names, person=[row["person"]] * count, split=[row["split"]] * count, **part)
        out = faces if out is None else out + faces
    return out


def rigid_irises(moves):
    """Each iris moves as one piece, by its centre."""
    moves[..., 469:473, :] = moves[..., 468:469, :]
    moves[..., 474:478, :] = moves[..., 473:474, :]
    return moves
