"""Learns models/expression_decoder.safetensors: from expression coefficients to landmark displacements.

    python train/expression_decoder.py DATA CLIPS [--minutes 25] [--seed 0] [--resume CHECKPOINT]

DATA is the data set's folder, CLIPS what `cargo run --release --example track_clips` wrote. Runs on
a CPU. The net is `src/transfer/decoder.rs`: for a person's shape, present coefficients c and wanted
coefficients w, the displacement is

    moves^T (gain (w - c) linear + scale (f(u, c, w) - f(u, c, c)))

with u the person's shape in identity components and f two hidden layers; asking for no change
changes nothing. Loss: the coefficients that the blendshape net reads from the moved landmarks, size,
edge strain, flipped triangles, crossed lids and lips, the aperture of closed eyes and lips, proportions
that no expression changes, and true pairs of one person. Targets: other people's coefficients, mixes of
upper and lower face, single coefficients pushed (sideways jaw and mouth are rare in the data), partial
ways, and from one calm face to another.
"""

import argparse
import json
import pathlib
import pickle
import time

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save

import blendshape_net
import expression_space
import model_files
from face_data import LIDS, LOWER_LIP, MODELS, TRIANGLES, UPPER_LIP, clips, rigid_irises, split, stills

FILE = "expression_decoder.safetensors"
HIDDEN = 384
BATCH, PAIRS = 48, 16
LEARNING_RATE = 1.2e-3
WEIGHTS = {"coefficients": 10.0, "size": 0.01, "strain": 3.0, "flips": 8.0, "crossed": 20.0, "aperture": 6.0, "pairs": 3.0, "proportions": 1.5}
# Coefficients whose errors count twice in the loss: what a viewer sees first.
KEY = (
    "eyeBlinkLeft eyeBlinkRight jawOpen mouthSmileLeft mouthSmileRight mouthPucker browInnerUp browDownLeft "
    "browDownRight mouthClose mouthFunnel eyeLookUpLeft eyeLookUpRight"
).split()
# Coefficients whose errors count three times: they lag behind the others, on renders most of all.
RARE = "mouthPucker jawLeft jawRight mouthLeft mouthRight".split()
# Weight of the error of a coefficient that is pushed (see PUSHED), over the largest value it is pushed to: pushed
# values are small, and each is only one of 52.
PUSH_WEIGHT = 6.0
# A face is calm, its mouth unstretched, while all of these coefficients are below these values (compare
# examples/quality/cross.rs).
CALM = {"jawOpen": 0.06, "mouthSmileLeft": 0.12, "mouthPucker": 0.3, "mouthFunnel": 0.1, "mouthStretchLeft": 0.15}
# Pair of landmarks whose distance is the eye distance, the unit of the lengths below.
EYE_DISTANCE = (33, 263)
# Pairs of landmarks whose distance, as a share of the eye distance, stays the same in any expression.
RIGID = [(6, 2), (168, 2), (127, 356)]
# Pairs of landmarks whose distance, as a share of the eye distance, stays the same between calm faces.
LENGTHS = [(10, 152), (61, 291)]
# Change of the natural logarithm of such a share that costs nothing in the loss.
SLACK = 0.015
# Coefficients that are pushed one at a time, because the data shows too little of them.
PUSHED = "jawLeft jawRight mouthLeft mouthRight mouthRollLower mouthRollUpper mouthFunnel mouthPucker eyeBlinkLeft eyeBlinkRight".split()
REFERENCE_PAIRS = [("p001_portrait", "p005_happy"), ("sfhq_mouth_open", "p001_portrait"), ("p004_tilted", "sfhq_eyes_closed")]
# Lids and lips count as closed below these mean gaps, in eye widths and in mouth widths.
CLOSED_LIDS, CLOSED_LIPS = 0.12, 0.03

# Outlines of the openings of eyes and mouth. Triangles that span an opening collapse when it closes, so only the other
# triangles, those of the skin, are checked for folds.
OPENINGS = [
    lower + upper + list(corners) for lower, upper, corners, _ in [*LIDS, (LOWER_LIP, UPPER_LIP, (78, 308), None)]
]
SKIN = TRIANGLES[~np.any([np.isin(TRIANGLES, line).all(1) for line in OPENINGS], axis=0)]
SKIN_OF_IRIS = np.arange(478)
SKIN_OF_IRIS[469:473], SKIN_OF_IRIS[474:478] = 468, 473
EDGES = np.unique(np.sort(np.concatenate([SKIN[:, [0, 1]], SKIN[:, [1, 2]], SKIN[:, [2, 0]]]), 1), axis=0)


def lid_gaps(shape):
    """(N, 2, 7) lid gaps in eye widths, signed: below 0 the lids have crossed."""
    gaps = [
        (shape[:, np.array(upper), 1] - shape[:, np.array(lower), 1])
        / jnp.linalg.norm(shape[:, a] - shape[:, b], axis=-1)[:, None]
        for lower, upper, (a, b), _ in LIDS
    ]
    return jnp.stack(gaps, 1)


def lip_gaps(shape):
    """(N, 9) gaps of the inner lips in mouth widths, signed: below 0 the lips have crossed."""
    width = jnp.linalg.norm(shape[:, 61] - shape[:, 291], axis=-1)[:, None]
    return (shape[:, np.array(UPPER_LIP), 1] - shape[:, np.array(LOWER_LIP), 1]) / width


def areas(places):
    """Twice the signed areas of the skin's triangles."""
    a, b, c = (places[:, SKIN[:, k]] for k in range(3))
    u, v = b - a, c - a
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def shares(shape, pairs):
    """Natural logarithms of the distances between pairs of landmarks, each over the eye distance."""
    length = lambda a, b: jnp.sqrt(((shape[:, a] - shape[:, b]) ** 2).sum(-1) + 1e-6)
    return jnp.stack([jnp.log(length(a, b) / length(*EYE_DISTANCE)) for a, b in pairs], 1)


def lengths(shape):
    return jnp.sqrt(((shape[:, EDGES[:, 0]] - shape[:, EDGES[:, 1]]) ** 2).sum(-1) + 1e-6)


class Decoder:
    """The net, as functions of its parameters."""

    def __init__(self, space):
        self.space = {k: jnp.asarray(v, jnp.float32) for k, v in space.items()}

    def init(self, key):
        moves = self.space["moves"].shape[0]
        inputs = expression_space.IDENTITIES + 4 * 52
        keys = jax.random.split(key, 3)
        layer = lambda k, i, o, s=1.0: jax.random.normal(k, (i, o)) * s * np.sqrt(2 / i)
        return {
            "first": layer(keys[0], inputs, HIDDEN),
            "first_bias": jnp.zeros(HIDDEN),
            "second": layer(keys[1], HIDDEN, HIDDEN),
            "second_bias": jnp.zeros(HIDDEN),
            "last": layer(keys[2], HIDDEN, moves, 0.05),
            "gain": jnp.ones(()),
        }

    def identity(self, shape):
        u = (shape.reshape(len(shape), -1) - self.space["mean"]) @ self.space["identity"].T
        return jnp.clip(u / self.space["identity_scale"], -3, 3)

    def f(self, p, u, now, wanted):
        code = lambda c: jnp.concatenate([c, jnp.sqrt(c + 1e-4)], -1)
        x = jnp.concatenate([u, code(now), code(wanted)], -1)
        x = jax.nn.silu(x @ p["first"] + p["first_bias"])
        x = jax.nn.silu(x @ p["second"] + p["second_bias"])
        return x @ p["last"]

    def components(self, p, u, now, wanted):
        linear = p["gain"] * ((wanted - now) @ self.space["linear"])
        return linear + self.space["move_scale"] * (self.f(p, u, now, wanted) - self.f(p, u, now, now))

    def displacement(self, components):
        return (components @ self.space["moves"]).reshape(len(components), 478, 3)[:, SKIN_OF_IRIS]


class Sampler:
    """Draws the faces that are moved, the coefficients wanted of them, and true pairs of one person."""

    def __init__(self, faces, still_count, space, seed):
        self.faces, self.rng = faces, np.random.default_rng(seed)
        c = faces.coefficients
        self.lids = np.array(lid_gaps(jnp.asarray(faces.shape, jnp.float32)).mean(-1))
        self.lips = np.array(lip_gaps(jnp.asarray(faces.shape, jnp.float32)).mean(-1))
        self.pose = space["pose"]
        names = faces.names
        index = names.index
        clip = np.arange(len(faces)) >= still_count
        activity = np.abs(c - np.median(c, 0)).sum(1)
        wanted = 0.3 + activity / activity.mean()
        wanted[clip] *= 0.35
        wanted += 3 * (c[:, [index("eyeBlinkLeft"), index("eyeBlinkRight")]].max(1) > 0.5) + 2 * (c[:, index("jawOpen")] > 0.3)
        self.wanted = wanted / wanted.sum()
        source = np.where(clip, 0.15, 1.0)
        self.source = source / source.sum()
        self.groups = {p: np.flatnonzero(faces.person == p) for p in np.unique(faces.person)}
        self.several = [p for p in self.groups if len(self.groups[p]) > 1]
        share = np.array([len(self.groups[p]) ** 0.5 for p in self.several])
        self.share = share / share.sum()
        self.upper = np.array([n.startswith(("brow", "eye")) for n in names])
        self.pushed = np.array([index(n) for n in PUSHED])
        self.calm = np.all([c[:, index(n)] < limit for n, limit in CALM.items()], axis=0)
        still = np.flatnonzero(self.calm & ~clip)
        self.calm_rows = still, np.flatnonzero(self.calm)
        # Coefficients are pushed to at most 1.2 times the largest value in the data: more than the blendshape net ever
        # gives would only distort the face.
        self.largest = np.minimum(1.2 * c.max(0), 1.0)

    def batch(self):
        faces, rng, c = self.faces, self.rng, self.faces.coefficients
        i = rng.choice(len(faces), BATCH, p=self.source)
        j, k = rng.choice(len(faces), (2, BATCH), p=self.wanted)
        kind = rng.random(BATCH)
        calm = kind > 0.88
        i[calm], j[calm] = (rng.choice(rows, calm.sum()) for rows in self.calm_rows)
        wanted, lids, lips = c[j].copy(), self.lids[j].copy(), self.lips[j].copy()
        mixed = kind < 0.25
        wanted[mixed] = np.where(self.upper, c[k], wanted)[mixed]
        lids[mixed] = self.lids[k][mixed]
        part = (kind >= 0.25) & (kind < 0.42)
        share = rng.random((BATCH, 1))
        wanted[part] = (share * c[i] + (1 - share) * wanted)[part]
        push = (kind >= 0.42) & (kind < 0.57)
        which = rng.choice(self.pushed, BATCH)
        attention = np.ones((BATCH + PAIRS, 52))
        for row in np.flatnonzero(push):
            attention[row, which[row]] = PUSH_WEIGHT / self.largest[which[row]]
            wanted[row, which[row]] = max(wanted[row, which[row]], rng.random() * self.largest[which[row]])
        lids[part | push] = 1.0
        lips[part | push] = 1.0
        people = rng.choice(len(self.several), PAIRS, p=self.share)
        pairs = np.array([rng.choice(self.groups[self.several[p]], 2, replace=False) for p in people])
        a, b = pairs.T
        rows = np.concatenate([i, a])
        moved = faces.shape[b] - faces.shape[a] - ((faces.angles[b] - faces.angles[a]) @ self.pose).reshape(-1, 478, 3)
        out = [
            faces.shape[rows],
            faces.rotation[rows],
            faces.translation[rows],
            c[rows],
            np.concatenate([wanted, c[b]]),
            np.concatenate([lids, self.lids[b]]),
            np.concatenate([lips, self.lips[b]]),
            attention,
            np.concatenate([calm, np.zeros(PAIRS)]),
            rigid_irises(moved),
        ]
        return [x.astype(np.float32) for x in out]


def make_loss(decoder, names):
    key = np.ones(52, np.float32)
    key[0] = 0
    key[[names.index(n) for n in KEY]] = 2
    key[[names.index(n) for n in RARE]] = 3
    key = jnp.asarray(key / key.sum())
    near = np.ones(478, np.float32)
    for lower, upper, _, _ in LIDS:
        near[lower + upper] = 4
    near[468:] = 2
    near[UPPER_LIP + LOWER_LIP] = 3
    near = jnp.asarray(near / near.mean())

    def huber(x, d=0.05):
        a = jnp.abs(x)
        return jnp.where(a < d, a * a / (2 * d) + d / 2, a)

    def loss(p, shape, rotation, translation, now, wanted, lids, lips, attention, calm, moved):
        a = decoder.components(p, decoder.identity(shape), now, wanted)
        displacement = decoder.displacement(a)
        out = shape + displacement
        before = blendshape_net.project(shape, rotation, translation)
        after = blendshape_net.project(out, rotation, translation)
        read = blendshape_net.coefficients(after[:, blendshape_net.POINTS])
        area, new_area = areas(before), areas(after)
        seen = jnp.abs(area) > 2e-6
        ratio = new_area / jnp.where(seen, area, 1.0)
        gap, lip = lid_gaps(out), lip_gaps(out)
        terms = {
            "coefficients": (huber(read - wanted) * attention * key).sum(-1).mean(),
            "size": ((a / decoder.space["move_scale"]) ** 2).mean(),
            "strain": (jnp.log(lengths(out) / lengths(shape)) ** 2).mean(),
            "flips": jnp.where(seen, jax.nn.relu(0.2 - ratio), 0.0).clip(0, 2).mean(),
            "crossed": jax.nn.relu(-gap).mean() + jax.nn.relu(-lip).mean(),
            "aperture": (jnp.abs(gap.mean(-1) - lids) * (lids < CLOSED_LIDS)).mean()
            + (jnp.abs(lip.mean(-1) - lips) * (lips < CLOSED_LIPS)).mean(),
            "proportions": jax.nn.relu(jnp.abs(shares(out, RIGID) - shares(shape, RIGID)) - SLACK).mean()
            + (jax.nn.relu(jnp.abs(shares(out, LENGTHS) - shares(shape, LENGTHS)) - SLACK) * calm[:, None]).sum()
            / (calm.sum() + 1),
            "pairs": (jnp.abs(displacement[-PAIRS:] - moved) * near[:, None]).mean(),
        }
        return sum(WEIGHTS[k] * v for k, v in terms.items()), terms

    return loss


def train(decoder, sampler, names, minutes, seed, resume, checkpoint):
    loss = make_loss(decoder, names)

    @jax.jit
    def step(p, m, v, k, rate, *batch):
        (value, terms), g = jax.value_and_grad(loss, has_aux=True)(p, *batch)
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        p = jax.tree.map(
            lambda a, b, c: a - rate * (b / (1 - 0.9**k)) / (jnp.sqrt(c / (1 - 0.999**k)) + 1e-8), p, m, v
        )
        return p, m, v, value, terms

    p = decoder.init(jax.random.PRNGKey(seed))
    if resume:
        p = jax.tree.map(jnp.asarray, pickle.loads(pathlib.Path(resume).read_bytes()))
    m, v = jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)
    start, k, sums = time.process_time(), 0, {}
    while (done := (time.process_time() - start) / (60 * minutes)) < 1:
        k += 1
        rate = LEARNING_RATE * min(1, k / 50) * (0.5 * (1 + np.cos(np.pi * done)) + 0.01)
        p, m, v, value, terms = step(p, m, v, float(k), rate, *sampler.batch())
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + float(term)
        if k % 100 == 0:
            print(k, f"{60 * minutes * done:.0f} s", {n: round(s / 100, 4) for n, s in sums.items()}, flush=True)
            sums = {}
            checkpoint.write_bytes(pickle.dumps(jax.tree.map(np.array, p)))
    print("steps", k)
    return p


def judge(decoder, p, held, drivers, names):
    """Judges moved landmarks, not rendered, of held-out people: the error of the coefficients against that of a face
    that stands still, and flipped triangles."""
    rng = np.random.default_rng(1)
    s, d = rng.integers(0, len(held), 600), rng.integers(0, len(drivers), 600)
    shape, rotation, translation = (jnp.asarray(x[s], jnp.float32) for x in (held.shape, held.rotation, held.translation))
    now, wanted = (jnp.asarray(x, jnp.float32) for x in (held.coefficients[s], drivers.coefficients[d]))
    before = blendshape_net.project(shape, rotation, translation)
    area = areas(before)
    for label, parameters in (("linear", None), ("decoder", p)):
        a = (wanted - now) @ decoder.space["linear"] if parameters is None else decoder.components(p, decoder.identity(shape), now, wanted)
        after = blendshape_net.project(shape + decoder.displacement(a), rotation, translation)
        read = blendshape_net.coefficients(after[:, blendshape_net.POINTS])
        error, still = (float(jnp.abs(x - wanted)[:, 1:].mean()) for x in (read, now))
        flips = float(((areas(after) * jnp.sign(area) < 0) & (jnp.abs(area) > 2e-6)).sum(1).mean())
        each = np.abs(np.array(read - wanted)).mean(0)
        worst = sorted(zip(each, names), reverse=True)[:6]
        calm = np.all([np.array(x[:, names.index(n)] < limit) for n, limit in CALM.items() for x in (now, wanted)], axis=0)
        pairs = [*LENGTHS, RIGID[0]]
        drift = np.abs(np.exp(np.array(shares(shape + decoder.displacement(a), pairs) - shares(shape, pairs)))[calm] - 1).mean(0)
        print(f"{label}: drift of height, mouth, nose in {calm.sum()} calm pairs", np.round(100 * drift, 1), "%")
        print(f"{label}: error {error:.4f}, standing still {still:.4f}, ratio {error / still:.3f}, flips a face {flips:.1f};", [f"{n} {e:.3f}" for e, n in worst])


def store_reference():
    """Writes what the exported decoder gives for pairs of the stored reference faces, for tests/transfer."""
    tests = MODELS.parent / "tests"
    tensors = {k: v.astype(np.float32) for k, v in load_file(MODELS / FILE).items()}
    decoder = Decoder({**tensors, "identity": tensors["identity"].T})
    p = {f"{k}": tensors[f"{k}.weight"] for k in ("first", "second", "last")}
    p |= {f"{k}_bias": tensors[f"{k}.bias"] for k in ("first", "second")} | {"gain": tensors["gain"][0]}

    def face(name):
        stored = json.loads((tests / f"reference/{name}.json").read_text())
        shape = split(np.array(stored["landmarks"]), stored["width"], stored["height"])[0]
        now = np.array(stored["coefficients"])
        now[0] = 0
        return jnp.asarray(shape[None], jnp.float32), jnp.asarray(now[None], jnp.float32)

    rows = []
    for start, end in REFERENCE_PAIRS:
        (shape, now), (_, wanted) = face(start), face(end)
        moves = decoder.displacement(decoder.components(p, decoder.identity(shape), now, wanted))[0]
        rows.append({"from": start, "to": end, "moves": np.round(np.array(moves, np.float64), 4).tolist()})
    (tests / "transfer/decoder.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n")


def export(space, p):
    half = {
        "identity": space["identity"].T,
        "moves": space["moves"],
        "linear": space["linear"],
        "pose": space["pose"],
        **{f"{layer}.weight": p[layer] for layer in ("first", "second", "last")},
        **{f"{layer}.bias": p[f"{layer}_bias"] for layer in ("first", "second")},
    }
    single = {k: space[k] for k in ("mean", "identity_scale", "move_scale")} | {"gain": np.reshape(p["gain"], 1)}
    tensors = {k: np.ascontiguousarray(v, np.float16) for k, v in half.items()}
    tensors |= {k: np.ascontiguousarray(v, np.float32) for k, v in single.items()}
    model_files.put(FILE, save(tensors))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("clips", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=25, help="processor time, all threads together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume")
    parser.add_argument("--checkpoint", type=pathlib.Path, default=pathlib.Path("/tmp/expression_decoder.pickle"))
    arguments = parser.parse_args()
    pictures = stills(arguments.data)
    frames = clips(arguments.clips, arguments.data, pictures.names)
    trained = pictures[pictures.split == "train"].frontal(), frames[frames.split == "train"].frontal()
    held = pictures[pictures.split == "val"].frontal()
    space = expression_space.build(*trained, seed=arguments.seed)
    print("pictures, frames", [len(t) for t in trained], "held out", len(held))
    print("held-out displacements explained by (regression, components)", expression_space.explained(held, space))
    both = trained[0] + trained[0].mirrored() + trained[1] + trained[1].mirrored()
    sampler = Sampler(both, 2 * len(trained[0]), space, arguments.seed)
    decoder = Decoder(space)
    p = train(decoder, sampler, pictures.names, arguments.minutes, arguments.seed, arguments.resume, arguments.checkpoint)
    p = jax.tree.map(np.array, p)
    judge(decoder, p, held, held + frames[frames.split == "val"].frontal(), pictures.names)
    export(space, p)
    store_reference()


if __name__ == "__main__":
    main()
