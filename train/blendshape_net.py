"""The blendshape net in JAX, with the weights of `models/face_blendshapes.safetensors`.

The same net as `src/encoder/nets/blendshapes.rs`, so that a training loss can look through it.
"""

import pathlib
import re

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The list of landmarks stands in the crate; it is read from there.
SOURCE = (ROOT / "src/encoder/nets/blendshapes.rs").read_text()
POINTS = np.array([int(n) for n in re.search(r"POINTS: .*?= \[(.*?)\];", SOURCE, re.S)[1].split(",") if n.strip()])
W = {k: np.asarray(v, np.float32) for k, v in load_file(ROOT / "models/face_blendshapes.safetensors").items()}
HALF_HEIGHT = float(np.tan(np.deg2rad(63.0) / 2))


def linear(x, key):
    return x @ W[key + ".weight"] + W[key + ".bias"]


def norm(x, key):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-6) * W[key + ".gamma"]


def coefficients(points):
    """(N, 146, 2), x right and y down in any unit -> (N, 52)."""
    points = points - points.mean(1, keepdims=True)
    spread = jnp.sqrt((points**2).sum(-1) + 1e-12).mean(1)[:, None, None]
    points = points / spread * 0.5
    tokens = linear(points.swapaxes(1, 2), "mix_points").swapaxes(1, 2)
    token = jnp.broadcast_to(W["token"], (len(points), 1, W["token"].shape[-1]))
    x = jnp.concatenate([token, linear(tokens, "embed")], 1)
    for i in range(4):
        b = f"blocks.{i}."
        y = norm(x, b + "token_norm").swapaxes(1, 2)
        y = linear(jax.nn.relu(linear(y, b + "token_up")), b + "token_down")
        x = x + y.swapaxes(1, 2)
        y = norm(x, b + "channel_norm")
        x = x + linear(jax.nn.relu(linear(y, b + "channel_up")), b + "channel_down")
    return jax.nn.sigmoid(linear(x[:, 0], "head"))


def project(shape, rotation, translation):
    """Canonical points (N, K, 3) under a pose -> places in a square picture, y down."""
    q = jnp.einsum("nkc,ndc->nkd", shape, rotation) + translation[:, None]
    z = -q[..., 2:]
    return q[..., :2] / z * jnp.array([1.0, -1.0]) / (2 * HALF_HEIGHT)
