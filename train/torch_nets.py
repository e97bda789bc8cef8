"""The program's nets in PyTorch, from the weights of models/: what a user of PyTorch would run in their place.

Weights are looked up by the names of the layers, so that what a file has beyond these layers does no harm. They lie as
the Burn modules have them: convolutions as PyTorch's, matrices as (in, out). Pictures are (N, C, H, W).
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

MODELS = Path(__file__).resolve().parent.parent / "models"
# The refiner's nets, as in src/refiner: patches in one run, and a patch's side in pixels.
REFINERS = {"mouth": (1, 96), "eye": (2, 64)}
# Level of each block, in order: on the way down, at the bottom and on the way up; FINEST only in a net that paints.
DOWN, BOTTOM, UP, FINEST = (0, 1, 1), (2, 2, 2), (1, 1), (0, 0)
CODE, MASKS, LEVELS = 108, 2, 3


class Net:
    """Weights by name, all of one type on one device; pictures' weights have their channels last, if asked for."""

    def __init__(self, name, prefix="", device="cpu", dtype=torch.float32, last=False):
        self.weights = {}
        for key, value in load_file(MODELS / name).items():
            if key.startswith(prefix):
                value = value.to(device, dtype)
                if last and value.dim() == 4:
                    value = value.contiguous(memory_format=torch.channels_last)
                self.weights[key[len(prefix) :]] = value

    def conv(self, key, x, stride=1, padding=0, groups=1):
        return F.conv2d(x, self.weights[key + ".weight"], self.weights.get(key + ".bias"), stride, padding, 1, groups)

    def depthwise(self, key, x, stride=1):
        # TensorFlow's SAME: at stride 2 the odd row and column of padding come last.
        channels = self.weights[key + ".weight"].shape[0]
        if stride == 2:
            return self.conv(key, F.pad(x, (0, 1, 0, 1)), 2, 0, channels)
        return self.conv(key, x, 1, 1, channels)

    def linear(self, key, x):
        return x @ self.weights[key + ".weight"] + self.weights[key + ".bias"]

    def prelu(self, key, x):
        return F.prelu(x, self.weights[key + ".alpha"].flatten())

    def norm(self, key, x):
        return F.layer_norm(x, x.shape[-1:], self.weights[key + ".gamma"], None, 1e-6)


def widen(x, channels):
    return F.pad(x, (0, 0, 0, 0, 0, channels - x.shape[1])) if channels > x.shape[1] else x


class Refiner(Net):
    """The net of a part, mouth or eye."""

    def __init__(self, part, **options):
        super().__init__("refiner.safetensors", part + ".", **options)

    def features(self, photo):
        """Features of the photo's own patches, made once a photo."""
        x, out = self.conv("photo_stem", photo - 0.5, 2), []
        for level in range(LEVELS):
            if level:
                x = self.conv(f"photo_down.{level - 1}", F.relu(x), 2)
            x = x + self.conv(f"photo_blocks.{level}", F.relu(x), 1, 1)
            out.append(self.conv(f"inject.{level}", F.relu(x)))
        return out

    def __call__(self, rendered, masks, code, features):
        """The grid, (N, VALUES, S / 4, S / 4)."""
        film = self.linear("film", F.relu(self.linear("code", code)))[:, :, None, None]
        index = start = 0

        def block(x):
            nonlocal index, start
            width = x.shape[1]
            scale, shift = film[:, start : start + width], film[:, start + width : start + 2 * width]
            y = self.conv(f"blocks.{index}", F.relu(x), 1, 1)
            index, start = index + 1, start + 2 * width
            return x + torch.addcmul(shift, y, 1 + scale)

        x = self.conv("stem", torch.cat([rendered - 0.5, masks], 1), 2) + features[0]
        kept = {}
        for i, level in enumerate(DOWN):
            x = block(x)
            if DOWN[i + 1 : i + 2] != (level,):
                kept[level] = x
                x = self.conv(f"down.{level}", F.relu(x), 2) + features[level + 1]
        for _ in BOTTOM:
            x = block(x)
        for step, levels in enumerate((UP, FINEST)):
            x = F.interpolate(self.conv(f"up.{step}", F.relu(x)), scale_factor=2, mode="nearest") + kept[levels[0]]
            for _ in levels:
                x = block(x)
            if step == 0:
                grid = self.conv("head", F.relu(x), 1, 1)
            if "fine.weight" not in self.weights:
                return grid
        return grid + self.conv("fine", F.relu(x), 2)


class Detector(Net):
    def __init__(self, **options):
        super().__init__("face_detector.safetensors", **options)

    def __call__(self, pictures):
        x = F.relu(self.conv("stem", F.pad(pictures, (1, 2, 1, 2)), 2))
        fine = x
        for index in range(16):
            key, stride = f"blocks.{index}", 2 if index in (2, 5, 11) else 1
            y = self.conv(key + ".pointwise", self.depthwise(key + ".depthwise", x, stride))
            skip = F.max_pool2d(x, 2) if stride == 2 else x
            x = F.relu(widen(skip, y.shape[1]) + y)
            fine = x if index == 10 else fine

        def rows(key, x, width):
            return self.conv(key, x).permute(0, 2, 3, 1).reshape(len(x), -1, width)

        scores = torch.cat([rows("scores_fine", fine, 1), rows("scores_coarse", x, 1)], 1)
        boxes = torch.cat([rows("boxes_fine", fine, 16), rows("boxes_coarse", x, 16)], 1)
        return torch.cat([boxes, torch.sigmoid(scores.clamp(-100, 100))], 2)


class Landmarks(Net):
    def __init__(self, **options):
        super().__init__("face_landmarks.safetensors", **options)

    def __call__(self, crop):
        x = self.prelu("stem_slope", self.conv("stem", F.pad(crop, (0, 1, 0, 1)), 2))
        for index in range(34):
            key, halving = f"blocks.{index}", index >= 4 and (index - 4) % 5 == 0
            y = self.prelu(key + ".inner_slope", self.conv(key + ".reduce", x, 2 if halving else 1))
            y = self.conv(key + ".expand", self.depthwise(key + ".depthwise", y))
            skip = widen(F.max_pool2d(x, 2) if halving else x, y.shape[1])
            x = self.prelu(key + ".outer_slope", skip + y)
        points = self.conv("points", x).reshape(478, 3)
        return points, torch.sigmoid(self.conv("presence", x)).reshape(1), self.conv("tongue", x).reshape(1)


class Blendshapes(Net):
    def __init__(self, **options):
        super().__init__("face_blendshapes.safetensors", **options)

    def __call__(self, points):
        centred = points - points.mean(0, keepdim=True)
        spread = centred.norm(dim=1).mean().clamp(min=1e-9)
        x = (centred / spread * 0.5).T[None]
        x = self.linear("mix_points", x).transpose(1, 2)
        x = torch.cat([self.weights["token"].reshape(1, 1, -1), self.linear("embed", x)], 1)
        for index in range(4):
            key = f"blocks.{index}"
            y = self.norm(key + ".token_norm", x).transpose(1, 2)
            y = self.linear(key + ".token_down", F.relu(self.linear(key + ".token_up", y)))
            x = x + y.transpose(1, 2)
            y = self.norm(key + ".channel_norm", x)
            x = x + self.linear(key + ".channel_down", F.relu(self.linear(key + ".channel_up", y)))
        return torch.sigmoid(self.linear("head", x[0, 0]))
