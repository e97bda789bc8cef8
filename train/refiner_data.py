"""The refiner's pairs, as `examples/refiner_pairs` writes them, in memory.

    python train/refiner_data.py PAIRS SHEET.png [--split val] [--part mouth]

draws a contact sheet: rendered, photo, truth, masks.
"""

import argparse
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from PIL import Image
from safetensors.numpy import load_file

import refiner_net
from refiner_net import NAMES

KINDS = ["clip", "sheet", "smile", "undone", "seen again", "bent"]
# First of the kinds whose pairs are stills that geometry moved, index in KINDS; the kinds before it are true pairs.
UNDONE = 3
PICTURES = ("rendered", "photo", "truth", "masks")
# Share of a batch that each kind of pairs has.
SHARES = {"clip": 0.16, "sheet": 0.22, "smile": 0.1, "undone": 0.3, "seen again": 0.1, "bent": 0.12}

# Share of a batch in which the truth stands for photo and render too and the code asks for no change: the net then has
# to leave the picture as it is.
STILL = 0.04
# ODD: share of a batch whose wanted coefficients get noise. NOISE: its standard deviation, in units of the
# coefficients.
ODD, NOISE = 0.5, 0.08
# STRANGE: share of a batch in which wanted coefficients are replaced by other faces'. OF_OTHERS: share of its
# coefficients that are replaced. So the net learns to trust the shape of the mouth in the render, whatever an editor
# asks for.
STRANGE, OF_OTHERS = 0.3, 0.4
# Share of a batch that is made grey: paint must have the photo's tones, so in a grey photo it must be grey.
GREY = 0.08


class Pairs:
    """Pairs of one part, one a row: pictures (N, S, S, C) as bytes, code (N, 108), share of the paint that is shown
    (N,), kind, person.

    The left eye's rows follow the right eye's, both in the orientation of a right eye.
    """

    def __init__(self, folder, split, part):
        columns = {}
        for file in sorted(pathlib.Path(folder).rglob(f"{split}_*.safetensors")):
            for key, value in load_file(file).items():
                columns.setdefault(key, []).append(value)
        if not columns:
            raise SystemExit(f"no {split} pairs in {folder}")
        take = lambda key: np.concatenate(columns[key])
        names = {"mouth": ["mouth"], "eye": ["right_eye", "left_eye"]}[part]
        self.part, self.split = part, split
        self.pictures = {k: np.concatenate([v for n in names for v in columns[f"{n}.{k}"]]) for k in PICTURES}
        code, mirrored = take("code"), take("mirrored_code")
        if split == "train":
            # The tongue as people labelled it in the truth's picture: the encoder misses some tongues.
            code[:, -1] = mirrored[:, -1] = take("tongue")[:, 1]
        both = len(names) == 2
        self.code = np.concatenate([code, mirrored]) if both else code
        self.mirrored = np.concatenate([mirrored, code]) if both else mirrored
        self.kind, self.person, self.tongue, self.paint = (np.tile(take(k), (len(names),) + (1,) * (take(k).ndim - 1)) for k in ("kind", "person", "tongue", "paint"))

    def __len__(self):
        return len(self.kind)

    def before(self, name):
        """A coefficient of the photo. In an eye's rows `eyeBlinkRight` is that eye's own blink."""
        return self.code[:, NAMES.index(name)]

    def after(self, name):
        """A coefficient of the target."""
        return self.code[:, 52 + NAMES.index(name)]

    def weights(self):
        """Probability that a row is drawn: rows that are rare, or hard to repair, come more often."""
        if self.part == "mouth":
            jaw, change = self.after("jawOpen"), np.abs(self.after("jawOpen") - self.before("jawOpen"))
            smile = np.abs(self.after("mouthSmileLeft") - self.before("mouthSmileLeft"))
            pucker = np.abs(self.after("mouthPucker") - self.before("mouthPucker"))
            weight = 1.0 + 3 * (jaw > 0.2) + 2 * (change > 0.15) + (smile > 0.4) + 3 * (pucker > 0.3)
        else:
            change = np.abs(self.after("eyeBlinkRight") - self.before("eyeBlinkRight"))
            weight = 1.0 + 3 * (change > 0.3) + (self.after("eyeBlinkRight") > 0.5)
        for person in np.unique(self.person):
            rows = self.person == person
            weight[rows] /= rows.sum() ** 0.5
        for kind, name in enumerate(KINDS):
            rows = self.kind == kind
            if rows.any():
                weight[rows] *= SHARES[name] / weight[rows].sum()
        return weight / weight.sum()

    def rows(self, index):
        out = {k: v[index] for k, v in self.pictures.items()}
        return out | {"code": self.code[index], "paint": self.paint[index], "real": (self.kind[index] < UNDONE).astype(np.float32)}


class Sampler:
    """Draws the rows of a batch and how their light and sharpness are changed, and which mouths are mirrored;
    `collected` fetches their pictures."""

    def __init__(self, pairs, batch, seed):
        self.pairs, self.batch, self.rng = pairs, batch, np.random.default_rng(seed)
        self.steps = np.cumsum(pairs.weights())

    def draw(self, window):
        """Draws a batch. Each patch is cut to a square of `window` pixels, somewhere around its middle."""
        rng, n = self.rng, self.batch
        index = np.minimum(np.searchsorted(self.steps, rng.random(n)), len(self.pairs) - 1)
        turned = rng.random(n) < 0.5 if self.pairs.part == "mouth" else np.zeros(n, bool)
        code = np.where(turned[:, None], self.pairs.mirrored[index], self.pairs.code[index])
        # In still rows the code asks for no change: the target's coefficients are the photo's, the head does not turn.
        still = rng.random(n) < STILL
        code[still, :52] = code[still, 52:104]
        code[still, 104:107] = 0
        # Coefficients get noise or another face's values: an editor may ask for odd mixtures, and then the mouth's
        # shape in the render says more than they do.
        odd = (rng.random((n, 1)) < ODD) * rng.normal(0, NOISE, (n, 52))
        others = self.pairs.code[rng.integers(len(self.pairs), size=(n, 52)), 52 + np.arange(52)]
        strange = (rng.random((n, 1)) < STRANGE) & (rng.random((n, 52)) < OF_OTHERS) & ~still[:, None]
        code[:, 52:104] = np.where(strange, others, np.clip(code[:, 52:104] + np.where(still[:, None], 0, odd), 0, 1))
        light, hue = rng.normal(0, 0.15, (n, 1)), rng.normal(0, 0.08, (n, 3))
        free = refiner_net.SIDES[self.pairs.part] - window
        return {
            "index": index.astype(np.int32),
            "turned": turned,
            "still": still,
            "code": code.astype(np.float32),
            "paint": self.pairs.paint[index],
            "real": (self.pairs.kind[index] < UNDONE).astype(np.float32),
            "gain": np.exp(light + hue).astype(np.float32),
            "grey": (rng.random(n) < GREY).astype(np.float32),
            "blur": (rng.random(n) * (rng.random(n) < 0.25)).astype(np.float32),
            "corner": (rng.integers(free // 4, free - free // 4 + 1, (n, 2)) // 2 * 2).astype(np.int32),
        }


def collected(pictures, draw, window):
    """The pictures (N, window, window, C), 0 to 1, of the rows that a `Sampler` drew (`draw`) from all `pictures`
    (bytes, on the device), and the limit of the change in them."""
    side = pictures["truth"].shape[1]
    column = lambda x: x[:, None, None, None]

    def cut(x):
        x = jnp.where(column(draw["turned"]), x[:, :, ::-1], x)
        part = lambda picture, corner: lax.dynamic_slice(picture, (corner[0], corner[1], 0), (window, window, picture.shape[-1]))
        return jax.vmap(part)(x, draw["corner"]) if window < side else x

    out = {k: cut(x[draw["index"]]).astype(jnp.float32) / 255 for k, x in pictures.items()}
    for k in ("rendered", "photo"):
        out[k] = jnp.where(column(draw["still"]), out["truth"], out[k])
    for k in ("rendered", "photo", "truth"):
        out[k] = changed(out[k], draw)
    limits = jnp.broadcast_to(refiner_net.limit(side), (len(draw["index"]), side, side, 1))
    return out | {"limit": cut(limits)}


def changed(x, draw):
    """Pictures x in the light, colours and sharpness that were drawn for their rows."""
    grey = draw["grey"][:, None, None, None]
    x = (x + grey * ((x @ refiner_net.LUMINANCE)[..., None] - x)) * draw["gain"][:, None, None]
    rows = jnp.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)), "edge")
    soft = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
    columns = jnp.pad(soft, ((0, 0), (0, 0), (1, 1), (0, 0)), "edge")
    soft = (columns[:, :, :-2] + 2 * columns[:, :, 1:-1] + columns[:, :, 2:]) / 4
    return jnp.clip(x + draw["blur"][:, None, None, None] * (soft - x), 0, 1)


def sheet(rows, size=96):
    """Rows of square pictures (H, W, 3 or 2 channels, bytes) as one picture."""
    def tile(x):
        if x.shape[-1] == 2:
            x = np.concatenate([x, np.zeros_like(x[..., :1])], -1)
        return np.array(Image.fromarray(np.ascontiguousarray(x)).resize((size, size), Image.BICUBIC))

    return Image.fromarray(np.concatenate([np.concatenate([tile(x) for x in row], 1) for row in rows], 0))


def beside(rows, columns):
    """Arranges rows of pictures in several columns; rows beyond a multiple of `columns` are left out."""
    rows = rows[: len(rows) // columns * columns]
    step = len(rows) // columns
    return [sum((rows[c * step + r] for c in range(columns)), []) for r in range(step)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=pathlib.Path)
    parser.add_argument("sheet")
    parser.add_argument("--split", default="val")
    parser.add_argument("--part", default="mouth", choices=["mouth", "eye"])
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=36)
    arguments = parser.parse_args()
    pairs = Pairs(arguments.pairs, arguments.split, arguments.part)
    print(len(pairs), {k: int((pairs.kind == i).sum()) for i, k in enumerate(KINDS)})
    index = np.arange(len(pairs)) if arguments.kind is None else np.flatnonzero(pairs.kind == KINDS.index(arguments.kind))
    index = np.random.default_rng(0).permutation(index)[: arguments.count]
    rows = [[pairs.pictures[k][i] for k in PICTURES] for i in index]
    sheet(beside(rows, 3)).save(arguments.sheet)


if __name__ == "__main__":
    main()
