"""The refiner's net in JAX: a small U-Net for a patch of the face, one for the mouth and one for the eyes.

Pictures are NHWC, RGB in 0..1. Per frame the net sees what geometry rendered and two masks of the
target; the photo's own patch goes through a branch of its own, whose features are made once a photo;
the code (coefficients of photo and target, turn of the head, tongue) scales and shifts every block.

The net fills a bilateral grid (Chen, Paris and Durand 2007; Gharbi et al. 2017): at
1/4 of the patch and a few levels of brightness, how much of each colour is added to itself and how much
is added to all, one grid for the opening (between lips, between lids) and one for what is around it; and,
whatever the brightness, how much of the picture's own finest detail.
`rendered + limit * mask * (gain * rendered + offset + sharpness * detail)` can shade, tint, sharpen and let
detail go, but it cannot smear a lash or a tooth, and it works on a picture of any resolution. The limit is
fixed and fades to 0 at the border.

What a mouth hides has no pixels that could be shaded: between the lips, and only there, the mouth's net also paints. Every
pixel of its patch has a colour and how much of it replaces the picture; they lie with the values of their cell.

Only 3 x 3 convolutions with SAME padding, 2 x 2 convolutions with stride 2, 1 x 1 convolutions and
nearest upsampling: the same few modules in Burn. Keys of the parameters are the paths of those
modules' fields.
"""

import functools
import pathlib
import re

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from refiner_hues import (
    LITTLE, LUMINANCE, around_eyes, around_mouths, behind_teeth, bounded, fleshy, hued, least_redness, mean_of, of_mouths, paler, staying, toothlike, warmth, white_of, without_haze
)

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = re.findall(r'"(\w+)"', re.search(r"COEFFICIENT_NAMES.*?= \[(.*?)\];", (ROOT / "src/motion/mod.rs").read_text(), re.S)[1])
SIDES = {"mouth": 96, "eye": 64}
# Channels of the features at levels 0, 1 and 2: 1/2, 1/4 and 1/8 of the patch's side.
WIDTHS = {"mouth": (32, 64, 112), "eye": (24, 48, 96)}
# Level of each block, in order: on the way down, at the bottom and on the way up. Where the level changes from one
# block to the next, the features are halved or doubled.
DOWN, BOTTOM = (0, 1, 1), (2, 2, 2)
UP = {"mouth": (1, 1, 0, 0), "eye": (1, 1)}
# Numbers of the code: the coefficients of photo and target, the turn of the head, and the tongue.
CODE = 2 * 52 + 3 + 1
# Coefficients of photo and target that a net is told, by the beginnings of their names: as in src/refiner/code.rs. The
# others reach it as 0.
TOLD = {"mouth": ("jaw", "mouth", "cheekPuff"), "eye": ("brow", "eye", "mouthSmile")}
# Numbers of the hidden layer between the code and the blocks' scales and shifts.
HIDDEN = 48
# Masks of a patch. Mouth: the opening between the lips, and the lips. Eye: the opening between the lids, and the disc
# of the iris.
MASKS = 2
# CELL: pixels of the patch in a cell of the grid, along each axis. LEVELS: levels of brightness, evenly from 0 to 1.
CELL, LEVELS = 4, 4
# ZONES: the opening, and what is around it. ZONE: values of one zone in a cell: a mask, a sharpness, then for every
# level gain and offset of red, green and blue.
ZONES, ZONE = 2, 2 + 6 * LEVELS
# Values of a cell without paint.
GRID = ZONES * ZONE
# Values for every painted pixel of a cell: red, green, blue, and the number from which its share is made (`painted`).
PAINT = 4
# Values of a cell with paint, which only the mouth's net has.
VALUES = {"mouth": GRID + PAINT * CELL**2, "eye": GRID}
# Shares of the paint of five pixels in a row in that of the middle one: as in src/refiner/paint.rs, which says why.
SPAN = (0.125, 0.25, 0.25, 0.25, 0.125)
# Bounds of the sharpness, in shares of the picture's fine detail that are added: -1 removes all of it.
SHARPNESS = (-1.0, 2.0)
# Distance over which teeth are told apart (`tooth_detail`), pixels of the patch: about half a tooth.
AROUND = 4
# A change is made at the frame's resolution, between pixels of the patch. Seen in a patch again it is spread: each of
# two neighbours along an axis takes this share of it. Fitted to frames of held-out people.
SPREAD = 0.07
# Share of the patch's side over which the limit fades to 0 at the border.
FADE = 0.16  # as in src/refiner/patch.rs


def limit(side):
    """How much each pixel may change, (side, side, 1): `limit` of src/refiner/patch.rs."""
    edge = np.minimum(np.arange(side), np.arange(side)[::-1])
    t = np.clip(np.minimum(edge[:, None], edge[None]) / (FADE * side), 0, 1)
    return (t * t * (3 - 2 * t))[..., None].astype(np.float32)


def blocks(part):
    """Level of each block."""
    return DOWN + BOTTOM + UP[part]


def steps_up(part):
    """Pairs of levels (from, to) for each step up, which doubles the features."""
    levels = BOTTOM[-1:] + UP[part]
    return [(a, b) for a, b in zip(levels, levels[1:]) if a != b]


def init(part, key):
    """Random parameters; weights are (height, width, in, out) or (in, out)."""
    widths = WIDTHS[part]
    shapes = {"stem": (2, 2, 3 + MASKS, widths[0]), "photo_stem": (2, 2, 3, widths[0])}
    for level in range(3):
        w = widths[level]
        shapes[f"photo_blocks.{level}"] = (3, 3, w, w)
        shapes[f"inject.{level}"] = (1, 1, w, w)
        if level < 2:
            shapes[f"down.{level}"] = shapes[f"photo_down.{level}"] = (2, 2, w, widths[level + 1])
    for i, (below, above) in enumerate(steps_up(part)):
        shapes[f"up.{i}"] = (1, 1, widths[below], widths[above])
    shapes |= {f"blocks.{i}": (3, 3, widths[level], widths[level]) for i, level in enumerate(blocks(part))}
    shapes["head"] = (3, 3, widths[1], VALUES[part])
    if 0 in UP[part]:
        shapes["fine"] = (2, 2, widths[0], VALUES[part])
    shapes["code"] = (CODE, HIDDEN)
    shapes["film"] = (HIDDEN, 2 * sum(widths[level] for level in blocks(part)))
    small = {"head": 0.02, "fine": 0.02, "film": 0.1, "inject": 0.5, "blocks": 0.5}
    out = {}
    for (name, shape), k in zip(shapes.items(), jax.random.split(key, len(shapes))):
        gain = small.get(name.split(".")[0], 1.0)
        out[name + ".weight"] = jax.random.normal(k, shape) * gain * np.sqrt(2 / np.prod(shape[:-1]))
        out[name + ".bias"] = jnp.zeros(shape[-1])
    return out


def halves(x):
    """2 x 2 pixels as channels."""
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // 2, w // 2, 4 * c)


def conv(p, name, x):
    weight = p[name + ".weight"]
    if weight.shape[0] == 3:
        x = lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return x + p[name + ".bias"]
    x = halves(x) if weight.shape[0] == 2 else x
    return x @ weight.reshape(-1, weight.shape[-1]) + p[name + ".bias"]


def double(x):
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c)).reshape(n, 2 * h, 2 * w, c)


def enlarge(x):
    """Cells to pixels, linearly between the cells' centres."""
    n, h, w, c = x.shape
    return jax.image.resize(x, (n, CELL * h, CELL * w, c), "linear")


def detail(picture):
    """Fine detail of a picture: each pixel's brightness less the mean of its four neighbours', (N, S, S, 1)."""
    bright = (picture @ LUMINANCE)[..., None]
    x = jnp.pad(bright, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    return bright - (x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]) / 4


def tooth_detail(picture, opening):
    """Detail of the size of teeth in an opening: brightness without fine detail less its mean around a place, (N, S, S,
    1). That mean is over eight places of the opening, `AROUND` pixels to the sides and up and down; it fades out where
    few of them lie in the opening, (N, S, S, 1)."""
    bright = (picture @ LUMINANCE)[..., None]
    pad = ((0, 0), (AROUND, AROUND), (AROUND, AROUND), (0, 0))
    seen, share = jnp.pad(bright * opening, pad, "edge"), jnp.pad(opening, pad, "edge")
    size = bright.shape[1]
    places = [(y, x) for y in (0, AROUND, 2 * AROUND) for x in (0, AROUND, 2 * AROUND) if (y, x) != (AROUND, AROUND)]
    of = lambda z: sum(z[:, y : y + size, x : x + size] for y, x in places)
    weight = of(share)
    return jnp.clip(weight / 4, 0, 1) * (bright - detail(picture) - of(seen) / jnp.maximum(weight, 1e-3))


def without_detail(picture):
    """Mean of red, green and blue of a picture less its fine detail, (N, S, S, 1)."""
    return mean_of(picture) - detail(picture)


def photo_features(p, photo):
    """Features of the photo's own patch at three levels, made once a photo."""
    x = conv(p, "photo_stem", photo - 0.5)
    out = []
    for level in range(3):
        x = x + conv(p, f"photo_blocks.{level}", jax.nn.relu(x))
        out.append(conv(p, f"inject.{level}", jax.nn.relu(x)))
        if level < 2:
            x = conv(p, f"photo_down.{level}", jax.nn.relu(x))
    return out


def told(part):
    """1 for each number of the code that this part's net is told (`TOLD`), 0 for the others, (108,)."""
    own = [name.startswith(TOLD[part]) for name in NAMES]
    return np.array(2 * own + 4 * [True], np.float32)


def film(part, p, code):
    """Scale and shift of every block."""
    x = jax.nn.relu(code * told(part) @ p["code.weight"] + p["code.bias"]) @ p["film.weight"] + p["film.bias"]
    count = sum(name.startswith("blocks.") and name.endswith(".bias") for name in p)
    widths = [p[f"blocks.{i}.bias"].shape[0] for i in range(count)]
    shares = jnp.split(x[:, None, None], np.cumsum(2 * np.array(widths))[:-1], -1)
    return [jnp.split(share, 2, -1) for share in shares]


def apply(part, p, rendered, masks, features, code):
    """The grid, (N, S / CELL, S / CELL, VALUES)."""
    modulation = iter(enumerate(film(part, p, code)))

    def block(x):
        i, (scale, shift) = next(modulation)
        return x + conv(p, f"blocks.{i}", jax.nn.relu(x)) * (1 + scale) + shift

    x = conv(p, "stem", jnp.concatenate([rendered - 0.5, masks], -1)) + features[0]
    kept = {}
    for i, level in enumerate(DOWN):
        x = block(x)
        if i + 1 == len(DOWN) or DOWN[i + 1] != level:
            kept[level] = x
            x = conv(p, f"down.{level}", jax.nn.relu(x)) + features[level + 1]
    for _ in BOTTOM:
        x = block(x)
    grid, at, step = 0.0, BOTTOM[-1], 0
    for i, level in enumerate(UP[part]):
        if level != at:
            x = double(conv(p, f"up.{step}", jax.nn.relu(x))) + kept[level]
            at, step = level, step + 1
        x = block(x)
        if level == 1 and UP[part][i + 1 : i + 2] != (1,):
            grid = conv(p, "head", jax.nn.relu(x))
    return grid + conv(p, "fine", jax.nn.relu(x)) if at == 0 else grid


def over_span(x, axis):
    """The weighted means by `SPAN` of values along an axis, whose border goes on beyond it."""
    reach = len(SPAN) // 2
    x = jnp.pad(x, [(reach, reach) if a == axis else (0, 0) for a in range(x.ndim)], "edge")
    size = x.shape[axis] - 2 * reach
    return sum(w * lax.slice_in_dim(x, k, k + size, axis=axis) for k, w in enumerate(SPAN))


def painted(grid, opening):
    """What a grid paints on pixels whose share in the opening is (N, S, S, 1): mean and redness of the colours, and the
    share of each that covers the picture, (N, S, S, 1) each. A pixel has the paint around it, over a cell's width and as
    far as that lies in the opening (see src/refiner/paint.rs)."""
    n, h, w, _ = grid.shape
    values = grid[..., GRID:].reshape(n, h, w, CELL, CELL, PAINT).transpose(0, 1, 3, 2, 4, 5).reshape(n, CELL * h, CELL * w, PAINT)
    cover = opening * jnp.clip(0.5 + 0.25 * values[..., 3:], 0, 1)
    own = jnp.concatenate([cover * x for x in bounded(values[..., :3])] + [cover, opening], -1)
    mean, flesh, cover, whole = jnp.split(over_span(over_span(own, 1), 2), 4, -1)
    ink = jnp.maximum(cover, LITTLE)
    return mean / ink, flesh / ink, cover / jnp.maximum(whole, LITTLE)


def change(part, grid, picture, opening, white, shown=1.0, kept=0.0):
    """The change that a grid of a part makes to a picture (N, S, S, 3) whose opening is (N, S, S, 1). Returns what is
    added, the blend masks of the grid, those of the paint, and what the grid asks for around the opening but is
    refused, all before the limit.

    Around the opening no pixel is brightened beyond `white` (N, 1, 1, 1). The share `shown` of the paint is shown. In a
    mouth's opening at least the share `kept` of the picture's fine detail stays, less where a pixel becomes darker or
    is covered (see `staying`). """
    # Masks are clipped, so that they reach exactly 0 and 1.
    value = jnp.arange(GRID) % ZONE
    grids = grid[..., :GRID]
    kept = kept * (part == "mouth")
    bounded = jnp.where(value == 1, jnp.clip(grids, *SHARPNESS), grids)
    cells = enlarge(jnp.where(value == 0, jnp.clip(0.5 + 0.25 * grids, 0, 1), bounded))
    fine = detail(picture)
    smooth = without_detail(picture)
    brightness = (LEVELS - 1) * jnp.clip(picture @ LUMINANCE, 0, 1)
    near = jnp.maximum(0, 1 - jnp.abs(brightness[..., None] - jnp.arange(LEVELS)))[..., None]
    total, masks, paint, refused = 0.0, 0.0, 0.0, 0.0
    for k, share in enumerate((opening, 1 - opening)):
        zone = cells[..., k * ZONE : (k + 1) * ZONE]
        mask, sharpness = share * zone[..., :1], zone[..., 1:2]
        levels = zone[..., 2:].reshape(*zone.shape[:-1], LEVELS, 6)
        gain, offset = jnp.split((near * levels).sum(-2), 2, -1)
        inside = part == "mouth" and k == 0
        gain, offset = paler(gain), (fleshy if inside else paler)(offset)
        added = gain * picture + offset
        if inside:
            sharpness = jnp.maximum(sharpness, kept * staying(picture - fine + added, picture, smooth) - 1.0)
        added += sharpness * fine
        if inside:
            behind = behind_teeth(picture, smooth)
            least = functools.partial(least_redness, behind)
            mean, flesh, cover = painted(grid, opening)
            cover, colour = shown * cover, of_mouths(mean, flesh, warmth(picture), least)
            details = fine + toothlike(picture, smooth) * tooth_detail(picture, opening)
            stays = kept * staying(colour, picture, smooth) * details
            becomes = picture + (1 - cover) * zone[..., :1] * hued(added, picture, least) + cover * (colour - picture + stays)
            changed = 1 - (1 - cover) * (1 - zone[..., :1])
            added = share * (without_haze(becomes, changed * behind * jnp.minimum(1, 2 * kept)) - picture)
            paint = share * cover
        else:
            added *= mask
        if k == 1:
            allowed = (around_mouths if part == "mouth" else around_eyes)(added, picture, fine, white)
            added, refused = allowed, added - allowed
        total, masks = total + added, masks + mask
    return total, masks, paint, refused


def spread(x):
    """A change (N, S, S, 3) as a patch shows it again after it was made at the frame's resolution (see `SPREAD`)."""
    for pad, near, far in (((1, 1), (0, 0)), np.s_[:, :-2], np.s_[:, 2:]), (((0, 0), (1, 1)), np.s_[:, :, :-2], np.s_[:, :, 2:]):
        y = jnp.pad(x, ((0, 0), *pad, (0, 0)), "edge")
        x = (1 - 2 * SPREAD) * x + SPREAD * (y[near] + y[far])
    return x


def refine(part, p, rendered, photo, masks, code, shown, limits):
    """The refined patch; then, after the limit, the blend masks of grid and paint and what is refused (see `change`).
    Of each patch's paint the share `shown` (N,) is shown."""
    grid = apply(part, p, rendered, masks, photo_features(p, photo), code)
    added, *others = change(part, grid, rendered, masks[..., :1], white_of(photo), shown[:, None, None, None], 1 - jnp.clip(code[:, -1], 0, 1)[:, None, None, None])
    return rendered + spread(limits * added), *(limits * x for x in others)


def cost(part):
    """Multiplications for one patch of a frame, without the photo's branch, which runs once a photo."""
    p = init(part, jax.random.PRNGKey(0))
    pixels = lambda level: (SIDES[part] // 2 ** (level + 1)) ** 2
    levels = {"stem": 0, "head": 1, "down.0": 1, "down.1": 2, "fine": 1}
    levels |= {f"up.{i}": below for i, (below, _) in enumerate(steps_up(part))}
    levels |= {f"blocks.{i}": level for i, level in enumerate(blocks(part))}
    dense = p["code.weight"].size + p["film.weight"].size
    return dense + sum(p[name + ".weight"].size * pixels(level) for name, level in levels.items() if name + ".weight" in p)
