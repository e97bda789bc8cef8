"""Reads a tflite file into a list of operations with numpy constants.

Needs PyPI's `tflite` (the flatbuffer schema) and numpy, no interpreter:

    from tflite_reader import read
    graph = read(open("face_detector.tflite", "rb").read())
    for op in graph.ops:
        print(op)

Weights that are stored in half precision go through a DEQUANTIZE operation;
such operations are followed here, so that a constant input of an operation is
the float16 array itself, and are left out of `graph.ops`.
"""

import dataclasses

import numpy as np
import tflite

BUILTIN = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
DTYPE = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
    tflite.TensorType.UINT8: np.uint8,
    tflite.TensorType.INT8: np.int8,
    tflite.TensorType.BOOL: np.bool_,
}
# Options tables whose fields matter: operation -> (schema class, fields).
OPTIONS = {
    "CONV_2D": (tflite.Conv2DOptions, ("Padding", "StrideH", "StrideW", "DilationHFactor", "FusedActivationFunction")),
    "DEPTHWISE_CONV_2D": (
        tflite.DepthwiseConv2DOptions,
        ("Padding", "StrideH", "StrideW", "DepthMultiplier", "FusedActivationFunction"),
    ),
    "TRANSPOSE_CONV": (tflite.TransposeConvOptions, ("Padding", "StrideH", "StrideW")),
    "MAX_POOL_2D": (
        tflite.Pool2DOptions,
        ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth", "FusedActivationFunction"),
    ),
    "AVERAGE_POOL_2D": (
        tflite.Pool2DOptions,
        ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth", "FusedActivationFunction"),
    ),
    "RESIZE_BILINEAR": (tflite.ResizeBilinearOptions, ("AlignCorners", "HalfPixelCenters")),
    "FULLY_CONNECTED": (tflite.FullyConnectedOptions, ("FusedActivationFunction", "KeepNumDims")),
    "ADD": (tflite.AddOptions, ("FusedActivationFunction",)),
    "SUB": (tflite.SubOptions, ("FusedActivationFunction",)),
    "MUL": (tflite.MulOptions, ("FusedActivationFunction",)),
    "CONCATENATION": (tflite.ConcatenationOptions, ("Axis", "FusedActivationFunction")),
    "SUM": (tflite.ReducerOptions, ("KeepDims",)),
    "MEAN": (tflite.ReducerOptions, ("KeepDims",)),
}
PADDING = {tflite.Padding.SAME: "SAME", tflite.Padding.VALID: "VALID"}


@dataclasses.dataclass
class Tensor:
    """A tensor of the graph; `data` is its constant value or None."""

    index: int
    name: str
    shape: tuple
    data: np.ndarray | None


@dataclasses.dataclass
class Op:
    """One operation. `inputs` may hold None for a left-out optional input."""

    name: str
    inputs: list
    outputs: list
    options: dict

    def constants(self):
        """The constant inputs, in order."""
        return [tensor.data for tensor in self.inputs if tensor is not None and tensor.data is not None]

    def __str__(self):
        def show(tensor):
            if tensor is None:
                return "-"
            kind = "" if tensor.data is None else f"={tensor.data.dtype}"
            return f"{tensor.index}{list(tensor.shape)}{kind}"

        left, right = ", ".join(map(show, self.inputs)), ", ".join(map(show, self.outputs))
        options = " ".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.name:18} ({left}) -> {right}  {options}".rstrip()


@dataclasses.dataclass
class Graph:
    """The first subgraph of a file."""

    ops: list
    inputs: list
    outputs: list


def read(data):
    """Parses the bytes of a tflite file."""
    model = tflite.Model.GetRootAs(data, 0)
    subgraph = model.Subgraphs(0)
    tensors = [_tensor(model, subgraph.Tensors(i), i) for i in range(subgraph.TensorsLength())]
    ops = []
    for i in range(subgraph.OperatorsLength()):
        stored = subgraph.Operators(i)
        code = model.OperatorCodes(stored.OpcodeIndex())
        name = BUILTIN[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if name == "CUSTOM":
            name = code.CustomCode().decode()
        pick = lambda index: None if index < 0 else tensors[index]
        inputs = [pick(stored.Inputs(j)) for j in range(stored.InputsLength())]
        outputs = [pick(stored.Outputs(j)) for j in range(stored.OutputsLength())]
        if name == "DEQUANTIZE" and inputs[0].data is not None:
            assert inputs[0].data.dtype == np.float16, "integer quantisation is not handled"
            outputs[0].data = inputs[0].data
            continue
        ops.append(Op(name, inputs, outputs, _options(name, stored)))
    return Graph(
        ops,
        [tensors[subgraph.Inputs(i)] for i in range(subgraph.InputsLength())],
        [tensors[subgraph.Outputs(i)] for i in range(subgraph.OutputsLength())],
    )


def _tensor(model, stored, index):
    shape = tuple(int(n) for n in stored.ShapeAsNumpy()) if stored.ShapeLength() else ()
    buffer = model.Buffers(stored.Buffer())
    data = None
    if buffer.DataLength():
        data = np.frombuffer(buffer.DataAsNumpy().tobytes(), DTYPE[stored.Type()]).reshape(shape)
    return Tensor(index, (stored.Name() or b"").decode(), shape, data)


def _options(name, stored):
    if name not in OPTIONS or stored.BuiltinOptions() is None:
        return {}
    schema, fields = OPTIONS[name]
    table = schema()
    union = stored.BuiltinOptions()
    table.Init(union.Bytes, union.Pos)
    options = {field: getattr(table, field)() for field in fields}
    if "Padding" in options:
        options["Padding"] = PADDING[options["Padding"]]
    return options
