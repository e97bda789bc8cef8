"""Writes tests/reference/segmenter/*.mask.png, what the person matte net should say.

    pip install ai-edge-litert pillow numpy
    python train/make_segmenter_reference.py package/selfie_segmentation.tflite

For every 256 x 256 picture `NAME.png` in that folder the mask is computed with
the LiteRT interpreter, apart from the net's last two operations: a custom 2 x 2
transposed convolution, which the interpreter does not have, and the sigmoid.
These are cut off the graph and done in numpy. Stored as 16-bit grey, 65535 = 1.
"""

import pathlib
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

import flatbuffers

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "reference" / "segmenter"


def without_end(data):
    """The model without its last two operations, and the weights of the transposed convolution."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    graph = model.subgraphs[0]
    transposed, sigmoid = graph.operators[-2:]
    assert model.operatorCodes[transposed.opcodeIndex].customCode == b"Convolution2DTransposeBias"
    dequantised = {op.outputs[0]: op.inputs[0] for op in graph.operators if len(op.inputs) == 1}
    constants = []
    for index in transposed.inputs[1:]:
        tensor = graph.tensors[dequantised[index]]
        values = np.asarray(model.buffers[tensor.buffer].data, dtype=np.uint8).tobytes()
        constants.append(np.frombuffer(values, np.float16).astype(np.float32).reshape(tensor.shape))
    graph.operators = graph.operators[:-2]
    graph.outputs = [transposed.inputs[0]]
    for signature in model.signatureDefs or []:
        signature.outputs = []
    model.signatureDefs = []
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), constants


def main():
    data, (weight, bias) = without_end(pathlib.Path(sys.argv[1]).read_bytes())
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    for path in sorted(FOLDER.glob("*.png")):
        if path.name.endswith(".mask.png"):
            continue
        picture = np.asarray(Image.open(path).convert("RGB"), np.float32)[None] / 255
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        features = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        # out[2 y + i, 2 x + j] = sum over c of features[y, x, c] weight[0, i, j, c] + bias
        logits = np.einsum("yxc,ijc->yixj", features, weight[0]).reshape(256, 256) + bias
        mask = 1 / (1 + np.exp(-logits))
        Image.fromarray(np.round(mask * 65535).astype(np.uint16)).save(path.with_suffix(".mask.png"))
        print(path.name, f"mean {mask.mean():.4f}")


main()
