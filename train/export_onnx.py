"""Writes the nets as ONNX files, with the weights of models/: what `cargo xtask bench --web` lets other runtimes run.

    pip install onnx numpy safetensors
    python train/export_onnx.py FOLDER

Inputs and outputs are those of the Burn modules in src/encoder/nets and src/refiner/net.rs; weights are widened to
f32. Pictures of the encoder come channels-last there, so a transposition is the first operation here too.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

MODELS = Path(__file__).parent.parent / "models"
OPSET = 17
# The refiner's nets, as in src/refiner: channels at 1/2, 1/4 and 1/8 of the patch, patches in one run, a patch's side
# in pixels.
REFINERS = {"mouth": ((32, 64, 112), 1, 96), "eye": ((24, 48, 96), 2, 64)}
# Level of each block, in order: on the way down, at the bottom and on the way up; FINEST only in a net that paints.
DOWN, BOTTOM, UP, FINEST = (0, 1, 1), (2, 2, 2), (1, 1), (0, 0)
CODE, MASKS = 108, 2


class Graph:
    """Nodes in the making; names of values are strings, weights come from a safetensors file."""

    def __init__(self, name, weights, inputs):
        self.name, self.weights, self.nodes, self.constants = name, weights, [], {}
        self.inputs = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in inputs.items()]

    def constant(self, key, array):
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(np.ascontiguousarray(array), key)
        return key

    def numbers(self, *values):
        return self.constant("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value):
        return self.constant(f"f{value}", np.array(value, np.float32))

    def weight(self, key, shape=None):
        array = self.weights[key].astype(np.float32)
        return self.constant(key, array if shape is None else array.reshape(shape))

    def op(self, kind, *inputs, outputs=1, **options):
        names = [f"v{len(self.nodes)}_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **options))
        return names[0] if outputs == 1 else names

    def conv(self, key, x, stride=1, pads=(0, 0, 0, 0), groups=1):
        """`pads`: top, left, bottom, right."""
        names = [self.weight(key + ".weight")]
        if key + ".bias" in self.weights:
            names.append(self.weight(key + ".bias"))
        return self.op("Conv", x, *names, strides=[stride, stride], pads=list(pads), group=groups)

    def depthwise(self, key, x, stride=1):
        channels = self.weights[key + ".weight"].shape[0]
        # TensorFlow's SAME: at stride 2 the odd row and column of padding come last.
        return self.conv(key, x, stride, (1, 1, 1, 1) if stride == 1 else (0, 0, 1, 1), channels)

    def linear(self, key, x):
        x = self.op("MatMul", x, self.weight(key + ".weight"))
        return self.op("Add", x, self.weight(key + ".bias"))

    def prelu(self, key, x):
        return self.op("PRelu", x, self.weight(key + ".alpha", (-1, 1, 1)))

    def halve(self, x):
        return self.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])

    def widen(self, x, before, after):
        if before == after:
            return x
        return self.op("Pad", x, self.numbers(0, 0, 0, 0, 0, after - before, 0, 0))

    def part(self, x, start, end, axis):
        return self.op("Slice", x, self.numbers(start), self.numbers(end), self.numbers(axis))

    def save(self, folder, outputs):
        for name, value in outputs.items():
            self.nodes.append(helper.make_node("Identity", [value], [name]))
        results = [helper.make_empty_tensor_value_info(name) for name in outputs]
        for result in results:
            result.type.tensor_type.elem_type = TensorProto.FLOAT
        graph = helper.make_graph(self.nodes, self.name, self.inputs, results, list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, folder / f"{self.name}.onnx")


def detector(weights):
    g = Graph("detector", weights, {"pictures": [1, 128, 128, 3]})
    x = g.op("Transpose", "pictures", perm=[0, 3, 1, 2])
    x = g.op("Relu", g.conv("stem", x, 2, (1, 1, 2, 2)))
    channels, fine = weights["stem.weight"].shape[0], None
    for index in range(16):
        key, stride = f"blocks.{index}", 2 if index in (2, 5, 11) else 1
        y = g.conv(key + ".pointwise", g.depthwise(key + ".depthwise", x, stride))
        skip = g.halve(x) if stride == 2 else x
        after = weights[key + ".pointwise.weight"].shape[0]
        x = g.op("Relu", g.op("Add", g.widen(skip, channels, after), y))
        channels = after
        fine = x if index == 10 else fine

    def rows(key, x, width):
        y = g.op("Transpose", g.conv(key, x), perm=[0, 2, 3, 1])
        return g.op("Reshape", y, g.numbers(1, -1, width))

    scores = g.op("Concat", rows("scores_fine", fine, 1), rows("scores_coarse", x, 1), axis=1)
    boxes = g.op("Concat", rows("boxes_fine", fine, 16), rows("boxes_coarse", x, 16), axis=1)
    scores = g.op("Sigmoid", g.op("Clip", scores, g.scalar(-100.0), g.scalar(100.0)))
    return g, {"candidates": g.op("Concat", boxes, scores, axis=2)}


def landmarks(weights):
    g = Graph("landmarks", weights, {"crop": [1, 256, 256, 3]})
    x = g.op("Transpose", "crop", perm=[0, 3, 1, 2])
    x = g.prelu("stem_slope", g.conv("stem", x, 2, (0, 0, 1, 1)))
    channels = weights["stem.weight"].shape[0]
    for index in range(34):
        key, halving = f"blocks.{index}", index >= 4 and (index - 4) % 5 == 0
        y = g.prelu(key + ".inner_slope", g.conv(key + ".reduce", x, 2 if halving else 1))
        y = g.conv(key + ".expand", g.depthwise(key + ".depthwise", y))
        after = weights[key + ".expand.weight"].shape[0]
        skip = g.widen(g.halve(x) if halving else x, channels, after)
        x = g.prelu(key + ".outer_slope", g.op("Add", skip, y))
        channels = after
    points = g.op("Reshape", g.conv("points", x), g.numbers(478, 3))
    presence = g.op("Reshape", g.op("Sigmoid", g.conv("presence", x)), g.numbers(1))
    tongue = g.op("Reshape", g.conv("tongue", x), g.numbers(1))
    return g, {"points": points, "presence": presence, "tongue": tongue}


def blendshapes(weights):
    g = Graph("blendshapes", weights, {"points": [146, 2]})
    centred = g.op("Sub", "points", g.op("ReduceMean", "points", axes=[0]))
    spread = g.op("Sqrt", g.op("ReduceSum", g.op("Mul", centred, centred), g.numbers(1)))
    spread = g.op("Max", g.op("ReduceMean", spread, axes=[0]), g.scalar(1e-9))
    x = g.op("Mul", g.op("Div", centred, spread), g.scalar(0.5))
    x = g.op("Unsqueeze", g.op("Transpose", x, perm=[1, 0]), g.numbers(0))
    x = g.op("Transpose", g.linear("mix_points", x), perm=[0, 2, 1])
    x = g.op("Concat", g.weight("token"), g.linear("embed", x), axis=1)

    def norm(key, x):
        return g.op("LayerNormalization", x, g.weight(key + ".gamma"), axis=-1, epsilon=1e-6)

    for index in range(4):
        key = f"blocks.{index}"
        y = g.op("Transpose", norm(key + ".token_norm", x), perm=[0, 2, 1])
        y = g.linear(key + ".token_down", g.op("Relu", g.linear(key + ".token_up", y)))
        x = g.op("Add", x, g.op("Transpose", y, perm=[0, 2, 1]))
        y = norm(key + ".channel_norm", x)
        y = g.linear(key + ".channel_down", g.op("Relu", g.linear(key + ".channel_up", y)))
        x = g.op("Add", x, y)
    first = g.op("Reshape", g.part(x, 0, 1, 1), g.numbers(1, 64))
    return g, {"coefficients": g.op("Reshape", g.op("Sigmoid", g.linear("head", first)), g.numbers(52))}


def features(part, weights):
    """The graph that makes the features of the photo's own patches, which runs once a photo."""
    widths, count, side = REFINERS[part]
    g = Graph(f"{part}_features", weights, {"photo": [count, 3, side, side]})
    x = g.conv("photo_stem", g.op("Sub", "photo", g.scalar(0.5)), 2)
    outputs = {}
    for level in range(len(widths)):
        if level:
            x = g.conv(f"photo_down.{level - 1}", g.op("Relu", x), 2)
        x = g.op("Add", x, g.conv(f"photo_blocks.{level}", g.op("Relu", x), pads=(1, 1, 1, 1)))
        outputs[f"features{level}"] = g.conv(f"inject.{level}", g.op("Relu", x))
    return g, outputs


def refiner(part, weights):
    widths, n, side = REFINERS[part]
    inputs = {"rendered": [n, 3, side, side], "masks": [n, MASKS, side, side], "code": [n, CODE]}
    sides = [side >> (level + 1) for level in range(len(widths))]
    inputs |= {f"features{k}": [n, width, sides[k], sides[k]] for k, width in enumerate(widths)}
    g = Graph(part, weights, inputs)
    told = g.op("Relu", g.linear("code", "code"))
    film, start, blocks = g.linear("film", told), 0, itertools.count()

    def block(x, level):
        nonlocal start
        scale_shift = []
        for _ in range(2):
            part = g.part(film, start, start + widths[level], 1)
            scale_shift.append(g.op("Reshape", part, g.numbers(n, widths[level], 1, 1)))
            start += widths[level]
        y = g.conv(f"blocks.{next(blocks)}", g.op("Relu", x), pads=(1, 1, 1, 1))
        y = g.op("Mul", y, g.op("Add", scale_shift[0], g.scalar(1.0)))
        return g.op("Add", g.op("Add", x, y), scale_shift[1])

    x = g.op("Concat", g.op("Sub", "rendered", g.scalar(0.5)), "masks", axis=1)
    x = g.op("Add", g.conv("stem", x, 2), "features0")
    kept = {}
    for i, level in enumerate(DOWN):
        x = block(x, level)
        if DOWN[i + 1 : i + 2] != (level,):
            kept[level] = x
            x = g.op("Add", g.conv(f"down.{level}", g.op("Relu", x), 2), f"features{level + 1}")
    for level in BOTTOM:
        x = block(x, level)
    scales = g.constant("double", np.array([1, 1, 2, 2], np.float32))

    def up(x, step, level):
        x = g.conv(f"up.{step}", g.op("Relu", x))
        modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return g.op("Add", g.op("Resize", x, "", scales, **modes), kept[level])

    x = up(x, 0, 1)
    for level in UP:
        x = block(x, level)
    grid = g.conv("head", g.op("Relu", x), pads=(1, 1, 1, 1))
    if "fine.weight" in weights:
        x = up(x, 1, 0)
        for level in FINEST:
            x = block(x, level)
        grid = g.op("Add", grid, g.conv("fine", g.op("Relu", x), 2))
    return g, {"grid": g.op("Transpose", grid, perm=[0, 2, 3, 1])}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    nets = [
        detector(load_file(MODELS / "face_detector.safetensors")),
        landmarks(load_file(MODELS / "face_landmarks.safetensors")),
        blendshapes(load_file(MODELS / "face_blendshapes.safetensors")),
    ]
    both = load_file(MODELS / "refiner.safetensors")
    for part in REFINERS:
        weights = {key.removeprefix(part + "."): value for key, value in both.items() if key.startswith(part + ".")}
        nets += [features(part, weights), refiner(part, weights)]
    for graph, outputs in nets:
        graph.save(folder, outputs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
