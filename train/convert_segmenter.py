"""Writes models/selfie_segmentation.safetensors, the person matte net.

The net is MediaPipe's selfie segmentation, square model, from npm's
`@mediapipe/selfie_segmentation` 0.1.1675465747 (Apache-2.0):

    npm pack @mediapipe/selfie_segmentation@0.1.1675465747 && tar xf mediapipe-selfie_segmentation-*.tgz
    python train/convert_segmenter.py package/selfie_segmentation.tflite

Keys are the field paths of `portrait::segmenter::net::SelfieNet`; weights keep
their half precision. The entry of models/manifest.json is brought up to date.
"""

import pathlib
import sys

import numpy as np
from safetensors.numpy import save

import model_files
from tflite_reader import read

NAME = "selfie_segmentation.safetensors"

# Blocks of the encoder that weigh their channels by a squeeze-and-excitation gate.
GATED = [True, False, False, True, True, True, True, True]


def layers():
    """Names of the layers with weights, in the order in which the file runs them."""
    yield "stem"
    for i, gated in enumerate(GATED):
        gate = ["gate.reduce", "gate.expand"] if gated else []
        yield from (f"blocks.{i}.{part}" for part in ["expand", "depthwise", *gate, "project"])
    yield from ("neck.value", "neck.gate")
    for i in range(3):
        yield from (f"decoders.{i}.{part}" for part in ["lift", "gate.reduce", "gate.expand", "mix", "depthwise"])
    yield "output"


def main():
    graph = read(pathlib.Path(sys.argv[1]).read_bytes())
    weighted = [op for op in graph.ops if "CONV" in op.name or op.name == "Convolution2DTransposeBias"]
    names = list(layers())
    assert len(names) == len(weighted), (len(names), len(weighted))
    tensors = {}
    for name, op in zip(names, weighted):
        weight, bias = op.constants()
        # Convolutions are stored as output, height, width, input; depthwise ones as 1, height, width, channel.
        # The transposed convolution is output, height, width, input as well; Burn wants input, output, height, width.
        order = {
            "CONV_2D": (0, 3, 1, 2),
            "DEPTHWISE_CONV_2D": (3, 0, 1, 2),
            "Convolution2DTransposeBias": (3, 0, 1, 2),
        }[op.name]
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight.transpose(order), dtype=np.float16)
        tensors[f"{name}.bias"] = np.ascontiguousarray(bias, dtype=np.float16)
    model_files.put(NAME, save(tensors))
    print(sum(t.size for t in tensors.values()), "numbers")


main()
