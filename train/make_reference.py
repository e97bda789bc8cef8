"""Makes the reference numbers of tests/reference/ with MediaPipe's own runtime.

    pip install mediapipe opencv-python ai-edge-litert numpy
    python train/make_reference.py photos OPENPEOPLE FACES     # tests/reference/photos/*.webp
    python train/make_reference.py numbers face_landmarker.task  # tests/reference/*.json

OPENPEOPLE is `openpeople/data/curated` of PyPI's `openpeople` 0.1.2, FACES a
folder with crops from the figures of the SFHQ and SFHQ-T2I data sets; nobody in
the photos exists. They are stored as lossless WebP: decoders of JPEG differ by a
level here and there, which alone moves landmarks by up to .2 % of the eye distance.

For each photo: 478 landmarks (pixels; z scaled like x), 52 coefficients and the
face's 4 x 4 transformation matrix as MediaPipe's FaceLandmarker gives them for
one still image; and the best face of the detector (box, six keypoints and score,
in pixels of the 128 x 128 letterboxed picture) from the tflite file itself.
"""

import json
import pathlib
import sys
import tempfile
import zipfile

import cv2
import numpy as np

REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "tests" / "reference"

# name: (source, crop as fractions left top right bottom or None, clockwise rotation in degrees, long side in pixels)
OPENPEOPLE = {
    "p001_portrait": ("P001/assets/studio_portrait.jpg", None, 0, 900),
    "p001_selfie_tilted": ("P001/assets/amateur_selfie.jpg", (0.0, 0.02, 1.0, 0.55), 21, 440),
    "p002_selfie": ("P002/assets/amateur_selfie.jpg", None, 0, 480),
    "p002_wide": ("P002/assets/amateur_selfie.jpg", (0.0, 0.13, 1.0, 0.5), 0, 480),
    "p004_tilted": ("P004/assets/studio_portrait.jpg", None, 27, 400),
    "p005_happy": ("P005/assets/emotions_sheet.jpg", (0.28, 0.02, 0.48, 0.24), 0, 360),
    "p006_small": ("P006/assets/studio_portrait.jpg", None, 0, 200),
    "p007_selfie": ("P007/assets/amateur_selfie.jpg", None, 0, 560),
    "p008_tilted_left": ("P008/assets/studio_portrait.jpg", None, -34, 440),
    "p009_cut_off": ("P009/assets/amateur_selfie.jpg", (0.0, 0.05, 1.0, 0.35), 0, 520),
    "p009_shocked": ("P009/assets/emotions_sheet.jpg", (0.28, 0.75, 0.48, 0.97), -12, 360),
}
FACES = {
    "sfhq_dark_turned": ("sfhq_t2i/FLUX1_dev_0002707.jpg", None, 0, 366),
    "sfhq_leaning": ("sfhq_t2i/FLUX1_dev_0003129.jpg", None, 0, 338),
    "sfhq_eyes_closed": ("sfhq_t2i/FLUX1_dev_0002487.jpg", None, 0, 448),
    "sfhq_mouth_open": ("sfhq_t2i/FLUX1_dev_0003083.jpg", None, 0, 472),
    "sfhq_laughing": ("sfhq/ethnicity_00_07.jpg", None, 17, 263),
    "sfhq_surprised": ("sfhq/expression_01_00.jpg", (0.0, 0.0, 0.85, 1.0), 0, 317),
}


def make_photos(openpeople, faces):
    target = REFERENCE / "photos"
    target.mkdir(parents=True, exist_ok=True)
    total = 0
    for folder, table in ((openpeople, OPENPEOPLE), (faces, FACES)):
        for name, (source, crop, angle, size) in table.items():
            picture = cv2.imread(str(pathlib.Path(folder) / source))
            assert picture is not None, source
            if crop:
                height, width = picture.shape[:2]
                left, top, right, bottom = np.round(np.array(crop) * [width, height, width, height]).astype(int)
                picture = picture[top:bottom, left:right]
            scale = size / max(picture.shape[:2])
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            if angle:
                height, width = picture.shape[:2]
                turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
                picture = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
            path = target / f"{name}.webp"
            # A quality above 100 means lossless.
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, 101])
            total += path.stat().st_size
            print(f"{path.name} {picture.shape[1]}x{picture.shape[0]} {path.stat().st_size} bytes")
    print(total, "bytes in all")


def make_numbers(task):
    import mediapipe
    from ai_edge_litert.interpreter import Interpreter
    from mediapipe.tasks.python import BaseOptions, vision

    landmarker = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=task),
            running_mode=vision.RunningMode.IMAGE,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
            num_faces=1,
        )
    )
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(zipfile.ZipFile(task).read("face_detector.tflite"))
        file.flush()
        detector = Interpreter(model_path=file.name, num_threads=1)
    detector.allocate_tensors()
    for path in sorted((REFERENCE / "photos").glob("*.webp")):
        rgb = np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])
        height, width = rgb.shape[:2]
        result = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb))
        assert len(result.face_landmarks) == 1, path
        points = [[p.x * width, p.y * height, p.z * width] for p in result.face_landmarks[0]]
        stored = {
            "width": width,
            "height": height,
            "landmarks": np.round(points, 4).tolist(),
            "coefficients": [round(c.score, 6) for c in result.face_blendshapes[0]],
            "matrix": np.round(result.facial_transformation_matrixes[0], 6).tolist(),
            "detector": detect(detector, rgb),
        }
        (REFERENCE / f"{path.stem}.json").write_text(json.dumps(stored, separators=(",", ":")) + "\n")
        print(path.stem, stored["detector"]["bounds"], round(stored["detector"]["score"], 3))
    landmarker.close()


def detect(interpreter, rgb):
    """The best face: candidates that overlap it by more than half, averaged by score."""
    height, width = rgb.shape[:2]
    side = max(height, width)
    corners = np.float32([[0, 0], [side, 0], [0, side]]) + np.float32([(width - side) / 2, (height - side) / 2])
    turn = cv2.getAffineTransform(corners, np.float32([[0, 0], [128, 0], [0, 128]]))
    crop = cv2.warpAffine(rgb, turn, (128, 128), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], crop[None].astype(np.float32) / 127.5 - 1)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(output["index"])[0] for output in interpreter.get_output_details()]
    values = next(output for output in outputs if output.shape[1] == 16).astype(np.float64)
    logits = next(output for output in outputs if output.shape[1] == 1)[:, 0].astype(np.float64)
    scores = 1 / (1 + np.exp(-np.clip(logits, -100, 100)))
    grids = ((16, 2), (8, 6))
    anchors = np.array([[(x + 0.5) / n, (y + 0.5) / n] for n, k in grids for y in range(n) for x in range(n) for _ in range(k)])
    anchors *= 128
    keep = scores >= 0.5
    values, anchors, scores = values[keep], anchors[keep], scores[keep]
    centres, sizes = values[:, :2] + anchors, values[:, 2:4]
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], 1)
    keypoints = values[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
    best = scores.argmax()
    shared = np.clip(np.minimum(boxes[:, 2:], boxes[best, 2:]) - np.maximum(boxes[:, :2], boxes[best, :2]), 0, None).prod(1)
    areas = sizes.prod(1)
    same = shared / (areas + areas[best] - shared) > 0.5
    weights = scores[same] / scores[same].sum()
    return {
        "bounds": np.round(weights @ boxes[same], 4).tolist(),
        "keypoints": np.round(np.tensordot(weights, keypoints[same], 1), 4).tolist(),
        "score": round(float(scores[best]), 6),
    }


if __name__ == "__main__":
    {"photos": make_photos, "numbers": make_numbers}[sys.argv[1]](*sys.argv[2:])
