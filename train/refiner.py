"""Learns models/refiner.safetensors: repairs the render around mouth and eyes.

    python train/refiner.py PAIRS [--minutes 60] [--adversarial] [--device cpu|cuda] [--resume CHECKPOINT]
    python train/refiner.py PAIRS --judge [--resume CHECKPOINT ...] [--sheet SHEET.png]
    python train/refiner.py --export --resume MOUTH_CHECKPOINT EYE_CHECKPOINT

PAIRS is what `cargo run --release --example refiner_pairs` wrote. Runs on a CPU, or with `--device cuda` on an NVIDIA GPU
(`pip install "jax[cuda12]"`). The nets are in `refiner_net.py`, the losses in `refiner_loss.py`. `--judge` prints figures on held-out people and
draws a contact sheet of photo, render, refined and truth. A checkpoint has the nets that were trained; `--export` puts them together.
Without any it only writes the reference numbers of `tests/refiner` anew: what these rules make of the patches that are stored there.
"""

import argparse
import functools
import pathlib
import pickle
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save, save_file

import model_files
import refiner_judge
import refiner_loss
import refiner_net
from face_data import MODELS
from refiner_data import Pairs, Sampler, collected

FILE = "refiner.safetensors"
PARTS = ("mouth", "eye")
# Share of the training time that each part gets.
TIME = {"mouth": 0.6, "eye": 0.4}
BATCH = {"cpu": {"mouth": 12, "eye": 24}, "cuda": {"mouth": 64, "eye": 96}}
# Learning rate of the critic.
CRITIC_RATE = 4e-4
# CROP: on a CPU, training begins on windows of the patches with this side, pixels, because fewer pixels take less time.
# WHOLE_FROM: share of the time after which it goes on with whole patches.
CROP, WHOLE_FROM = {"mouth": 64, "eye": 48}, 0.7
# What a step keeps of the running mean of the parameters; that mean is what is exported.
MEAN = 0.998
REPORT = 200  # steps between lines of figures
SAVED = 30  # seconds between checkpoints
TESTS = MODELS.parent / "tests"
# For the reference of tests/refiner. KEPT: share of the fine detail between the lips that stays at least. WHITE:
# brightness, 0 to 1, of lit skin.
KEPT, WHITE = 0.5, 0.6


def adam(p, g, state, rate, beta=(0.9, 0.99)):
    m, v, k = state
    k = k + 1
    m = jax.tree.map(lambda a, b: beta[0] * a + (1 - beta[0]) * b, m, g)
    v = jax.tree.map(lambda a, b: beta[1] * a + (1 - beta[1]) * b * b, v, g)
    step = lambda a, b, c: a - rate * (b / (1 - beta[0] ** k)) / (jnp.sqrt(c / (1 - beta[1] ** k)) + 1e-8)
    return jax.tree.map(step, p, m, v), (m, v, k)


def fresh(p):
    return jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), 0.0


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3), donate_argnums=(4, 5, 6, 7, 8))
def step(part, window, adversarial, left_out, p, state, mean, critic, critic_state, rate, pictures, draw):
    batch = collected(pictures, draw, window) | {k: draw[k] for k in ("code", "real", "paint")}
    gradient = jax.value_and_grad(refiner_loss.loss, has_aux=True)
    (_, (terms, seen)), g = gradient(p, critic, part, batch, adversarial, left_out)
    size = jnp.sqrt(sum((x**2).sum() for x in jax.tree.leaves(g)))
    g = jax.tree.map(lambda x: x * jnp.minimum(1, 1 / (size + 1e-9)), g)
    p, state = adam(p, g, state, rate)
    mean = jax.tree.map(lambda a, b: MEAN * a + (1 - MEAN) * b, mean, p)
    if adversarial:
        value, g = jax.value_and_grad(refiner_loss.critic_loss)(critic, *seen)
        critic, critic_state = adam(critic, g, critic_state, CRITIC_RATE, (0.5, 0.99))
        terms["critic"] = value
    return p, state, mean, critic, critic_state, terms


def train(part, pairs, start, arguments, save):
    """Trains one part for its share of the time; `start` is None or parameters."""
    minutes = arguments.minutes * (TIME[part] if arguments.part is None else 1)
    keys = jax.random.split(jax.random.PRNGKey(arguments.seed + PARTS.index(part)))
    p = refiner_net.init(part, keys[0]) if start is None else jax.tree.map(jnp.asarray, start)
    critic = refiner_loss.judge_init(keys[1])
    state, critic_state, mean = fresh(p), fresh(critic), jax.tree.map(jnp.array, p)
    batch, side = BATCH[arguments.device][part], refiner_net.SIDES[part]
    sampler, pictures = Sampler(pairs, batch, arguments.seed), jax.device_put(pairs.pictures)
    begin, count, sums, saved = None, 0, {}, time.time()
    done = 0.0
    while done < 1:
        adversarial = arguments.adversarial and done > arguments.critic_from
        window = CROP[part] if arguments.device == "cpu" and done < WHOLE_FROM else side
        rate = arguments.rate * min(1, (count + 1) / 50) * (0.5 * (1 + np.cos(np.pi * done)) + 0.01)
        p, state, mean, critic, critic_state, terms = step(
            part, window, adversarial, tuple(arguments.without), p, state, mean, critic, critic_state, rate, pictures, sampler.draw(window)
        )
        if begin is None:
            jax.block_until_ready(p)
            begin = time.time()  # compilation is not counted
        count += 1
        sums = {name: sums.get(name, 0.0) + term for name, term in terms.items()}
        if count % 10 == 0:
            jax.block_until_ready(p)  # without this the queue of steps grows, and the clock measures only their start
        done = count / arguments.steps if arguments.steps else (time.time() - begin) / (60 * minutes)
        if count % REPORT == 0:
            speed = count * batch / max(time.time() - begin, 1e-3)
            print(part, count, f"{time.time() - begin:.0f} s, {speed:.0f} patches/s", {n: round(float(s) / REPORT, 4) for n, s in sums.items()}, flush=True)
            sums = {}
        if time.time() - saved > SAVED:
            save(part, mean)
            saved = time.time()
    print(part, "steps", count)
    return mean


def export(nets):
    """Writes half-precision weights under the paths of the Burn modules' fields."""
    tensors = {}
    for part, p in nets.items():
        for name, value in p.items():
            value = np.array(value)
            value = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value
            tensors[f"{part}.{name}"] = np.ascontiguousarray(value, np.float16)
    model_files.put(FILE, save(tensors))


def exported(path=MODELS / FILE):
    """The parameters as an exported file has them."""
    nets = {}
    for key, value in load_file(path).items():
        part, name = key.split(".", 1)
        value = value.astype(np.float32)
        nets.setdefault(part, {})[name] = jnp.asarray(value.transpose(2, 3, 1, 0) if value.ndim == 4 else value)
    return nets


def resumed(path):
    """The parameters of a checkpoint, or of an exported file (.safetensors)."""
    if path.suffix == ".safetensors":
        return exported(path)
    return {part: {k: v.astype(np.float32) for k, v in p.items()} for part, p in pickle.loads(path.read_bytes()).items()}


def store_reference():
    """Writes what the exported nets make of the patches that tests/refiner has stored, of a synthetic person."""
    nets, path = exported(), TESTS / "refiner/reference.safetensors"
    tensors = load_file(path)
    for part in PARTS:
        rendered, photo, masks = (tensors[f"{part}.{k}"].astype(np.float32) / 255 for k in ("rendered", "photo", "masks"))
        code = tensors[f"{part}.code"] = np.ascontiguousarray(tensors[f"{part}.code"] * refiner_net.told(part))
        grid = refiner_net.apply(part, nets[part], rendered, masks, refiner_net.photo_features(nets[part], photo), code)
        added, *_ = refiner_net.change(part, grid, rendered, masks[..., :1], WHITE, kept=KEPT)
        tensors[f"{part}.grid"] = np.array(grid, np.float32)
        tensors[f"{part}.change"] = np.array(refiner_net.limit(refiner_net.SIDES[part]) * added, np.float32)
    save_file(tensors, path)


def choose(device):
    """Has everything run on "cpu" or "cuda", or says why it cannot."""
    jax.config.update("jax_platforms", device)
    try:
        print("device", jax.devices()[0])
    except (RuntimeError, AssertionError):  # JAX raises either where it has no such device
        sys.exit(f'No {device} device can be used. For an NVIDIA GPU install its driver and "jax[cuda12]", or train with --device cpu.')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=pathlib.Path, nargs="?", help="folder of pairs; --export needs none")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, help="so many steps of each part instead, whatever time they take")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where it trains")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=pathlib.Path, nargs="+", default=[], help="checkpoints, or exported weights, to go on from; a later one's nets take the place of an earlier one's")
    parser.add_argument("--export", action="store_true", help="only write what is resumed to models, if anything is, and the reference numbers of what lies there")
    parser.add_argument("--checkpoint", type=pathlib.Path, default=pathlib.Path("/tmp/refiner.pickle"))
    parser.add_argument("--part", choices=PARTS, help="train only this part")
    parser.add_argument("--adversarial", action="store_true", help="let a critic look at the patches too")
    parser.add_argument("--critic-from", type=float, default=0.4, help="share of the time after which it does: when colours are about right")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="learning rate at its highest")
    parser.add_argument("--without", nargs="*", default=[], choices=sorted(refiner_loss.WEIGHTS), help="terms of the loss to leave out")
    parser.add_argument("--judge", action="store_true", help="only judge what was exported, or the checkpoint")
    parser.add_argument("--recognition", type=pathlib.Path, help="a recognition net's weights, see recognition_net.py: say how alike pictures look to it")
    parser.add_argument("--sheet", type=pathlib.Path, default=pathlib.Path("/tmp/refiner.png"))
    arguments = parser.parse_args()
    choose(arguments.device)
    nets = {part: net for path in arguments.resume for part, net in resumed(path).items()}
    if arguments.export:
        if nets:
            export(nets)
        store_reference()
        return
    if arguments.pairs is None:
        parser.error("which pairs? cargo run --example refiner_pairs makes them")
    if not arguments.judge:
        sizes = {part: sum(x.size for x in jax.tree.leaves(refiner_net.init(part, jax.random.PRNGKey(0)))) for part in PARTS}
        print("parameters", sizes, "multiplications a frame", refiner_net.cost("mouth") + 2 * refiner_net.cost("eye"))

        parts = PARTS if arguments.part is None else [arguments.part]
        trained = {}

        def save(part, p):
            trained[part] = {k: np.array(v, np.float16) for k, v in p.items()}
            arguments.checkpoint.write_bytes(pickle.dumps(trained))

        for part in parts:
            pairs = Pairs(arguments.pairs, "train", part)
            print(part, len(pairs), "training pairs")
            nets[part] = train(part, pairs, nets.get(part), arguments, save)
            save(part, nets[part])
    nets = exported() if arguments.judge and not arguments.resume else nets
    rows = []
    for part, p in nets.items():
        rows += refiner_judge.judge(part, p, Pairs(arguments.pairs, "val", part), arguments.recognition)
    refiner_judge.draw(rows, arguments.sheet)


if __name__ == "__main__":
    main()
