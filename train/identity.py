"""Whether a rendered face is still the photo's person, as a recognition net sees it.

    pip install dlib-bin==20.0.1 face_recognition_models==0.3.0 setuptools
    cargo xtask quality --faces FOLDER, or cargo xtask quality --refiner --times 1 --frames FOLDER
    python train/identity.py FOLDER

The net is dlib's ResNet (Davis King, 2017; CC0), which no training here has used. Prints the cosine
similarity of photo and frame, of geometry alone and of refined frames. The frames of the second command have a truth, a picture of
that person with that expression: similarity to it is printed too, as a face that moves is less like the photo in any case.
"""

import argparse
import importlib.util
import pathlib

import dlib
import numpy as np
from PIL import Image

KINDS = ("geometry", "refined")
JITTERS = 4  # crops of a face whose descriptions are averaged


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

    # Keys: what the frames are compared with, and the kind of pair if there is one.
    sums = {}
    for folder in sorted(p for p in arguments.folder.iterdir() if p.is_dir()):
        wanted = {}
        for name in ("photo", "truth"):
            if (folder / f"{name}.png").exists():
                picture, box = boxed(folder / f"{name}.png")
                wanted |= {} if box is None else {name: described(picture, box)}
        if "photo" not in wanted:
            print(folder.name, "has no face that the detector finds")
            continue
        row = {}
        for geometry in sorted(folder.glob("*-geometry.png")):
            plain, box = boxed(geometry)
            if box is None:
                continue
            # The same box for both, so that only the pixels differ.
            refined = np.array(Image.open(str(geometry).replace(*KINDS)).convert("RGB"))
            seen = [described(picture, box) for picture in (plain, refined)]
            for name, own in wanted.items():
                row.setdefault(name, []).append([float(own @ vector) for vector in seen])
        pairs = folder.name.rsplit("-", 1)[0] + ", " if (folder / "truth.png").exists() else ""
        for name, values in row.items():
            sums.setdefault(f"{pairs}to the {name}", []).extend(values)
        if not pairs:
            print(folder.name, told(row["photo"]) if row else "no frame whose face the detector finds")
    for name, values in sums.items():
        print(f"{name}:", told(values))


def told(values):
    """The means for geometry's frames and for refined ones, and the standard error of their difference."""
    values = np.array(values)
    means = ", ".join(f"{kind} {mean:.4f}" for kind, mean in zip(KINDS, values.mean(0)))
    change = values[:, 1] - values[:, 0]
    return f"{means}; {change.mean():+.4f} with standard error {change.std() / np.sqrt(len(change)):.4f}, {len(values)} frames"


if __name__ == "__main__":
    main()
