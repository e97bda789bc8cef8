"""Whether a rendered face is still the photo's person, as a recognition net sees it.

    pip install dlib-bin==20.0.1 face_recognition_models==0.3.0 setuptools
    cargo xtask quality --faces FOLDER
    python train/identity.py FOLDER

The net is dlib's ResNet (Davis King, 2017; CC0), which no training here has used. Prints the cosine
similarity of photo and frame, of geometry alone and of refined frames.
"""

import argparse
import importlib.util
import pathlib

import dlib
import numpy as np
from PIL import Image

KINDS = ("geometry", "refined")
JITTERS = 4  # crops that a description is the mean of


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path, help="what `quality --faces` wrote")
    arguments = parser.parse_args()
    files = pathlib.Path(importlib.util.find_spec("face_recognition_models").origin).parent / "models"
    find = dlib.get_frontal_face_detector()
    align = dlib.shape_predictor(str(files / "shape_predictor_5_face_landmarks.dat"))
    net = dlib.face_recognition_model_v1(str(files / "dlib_face_recognition_resnet_model_v1.dat"))

    def boxed(path):
        picture = np.array(Image.open(path).convert("RGB"))
        return picture, max(find(picture, 1), key=lambda box: box.area(), default=None)

    def described(picture, box):
        vector = np.array(net.compute_face_descriptor(picture, align(picture, box), JITTERS))
        return vector / np.linalg.norm(vector)

    sums = {kind: [] for kind in KINDS}
    for folder in sorted(p for p in arguments.folder.iterdir() if p.is_dir()):
        photo, box = boxed(folder / "photo.png")
        if box is None:
            print(folder.name, "has no face that the detector finds")
            continue
        own, row = described(photo, box), {kind: [] for kind in KINDS}
        for geometry in sorted(folder.glob("*-geometry.png")):
            plain, box = boxed(geometry)
            if box is None:
                continue
            # The same box for both, so that only the pixels differ.
            refined = np.array(Image.open(str(geometry).replace(*KINDS)).convert("RGB"))
            for kind, picture in zip(KINDS, (plain, refined)):
                row[kind].append(float(own @ described(picture, box)))
        print(folder.name, *(f"{kind} {np.mean(row[kind]):.4f}" for kind in KINDS), f"({len(row[KINDS[0]])} frames)")
        for kind in KINDS:
            sums[kind] += row[kind]
    print("all", *(f"{kind} {np.mean(sums[kind]):.4f}" for kind in KINDS), f"({len(sums[KINDS[0]])} frames)")


if __name__ == "__main__":
    main()
