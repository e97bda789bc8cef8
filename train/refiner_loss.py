"""The refiner's training loss.

Pairs of one person do not line up pixel by pixel outside mouth and lids (brows, pores, folds): there
differences only count pooled to 8 x 8 pixels, or the net would learn to blur. Pairs that undo a warp line up
everywhere.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from safetensors.numpy import load_file

import refiner_hues
import refiner_net
from face_data import MODELS
from refiner_net import conv

WEIGHTS = {"colour": 1.0, "gradient": 1.5, "energy": 2.5, "coarse": 1.5, "checkerboard": 60.0, "balance": 0.15, "pooled": 1.0, "features": 0.5, "mask": 0.01, "paint": 0.05, "refused": 1.0, "adversarial": 0.25}
# Weight of the critic's steepness in the critic's own loss.
STEEP = 0.01
CELL = refiner_net.CELL
# Side, pixels, of the squares in which `repeated` measures lines that repeat from cell to cell.
WINDOW = 16
# Weight of a pixel in the opening or on its rim; pixels of the rest of the patch weigh 1 in pairs that undo a warp.
INSIDE = 4.0
# How far, pixels, pictures of one person line up around the opening: lashes and folds of a lid move with it.
REACH = {"mouth": 3, "eye": 6}
LANDMARKS = {k: np.asarray(v, np.float32) for k, v in load_file(MODELS / "face_landmarks.safetensors").items()}


def widest(x, reach):
    """Maximum within `reach` pixels."""
    window = (1, 2 * reach + 1, 2 * reach + 1, 1)
    return lax.reduce_window(x, 0.0, lax.max, window, (1, 1, 1, 1), "SAME")


def inside(part, masks):
    """1 where pictures of one person line up: in the opening and on its rim (N, S, S, 1)."""
    opening = jnp.clip(2 * widest(masks[..., :1], REACH[part]), 0, 1)
    return jnp.maximum(opening, masks[..., 1:]) if part == "mouth" else opening


def pooled(x, size=8):
    n, h, w, c = x.shape
    return x.reshape(n, h // size, size, w // size, size, c).mean((2, 4))


def gradients(x):
    """Differences to the right and lower neighbour, last row and column left out."""
    inner = x[:, :-1, :-1]
    return jnp.concatenate([x[:, :-1, 1:] - inner, x[:, 1:, :-1] - inner], -1)


def brightness(x):
    return (x @ refiner_net.LUMINANCE)[..., None]


def energy(x):
    """Local sharpness of a picture: the root mean square of the differences of brightness between neighbours, pooled to
    8 x 8 pixels."""
    inner = jnp.pad(gradients(brightness(x)), ((0, 0), (0, 1), (0, 1), (0, 0)), "edge")
    return jnp.sqrt(pooled((inner**2).sum(-1, keepdims=True)) + 1e-5)


def repeated(x, where, axis):
    """How strongly the detail of a picture (N, S, S, 3) repeats at the distance of one cell of the net's grid along an
    axis, inside a mask (N, S, S, 1). Returns the size of what repeats and the mask's share, both pooled to
    `WINDOW` x `WINDOW` pixels."""
    def shifted(y, sides, k, size):
        return lax.slice_in_dim(jnp.pad(y, [sides if a == axis else (0, 0) for a in range(4)], "edge"), k, k + size, axis=axis)

    size = x.shape[axis]
    # The weights 1 2 2 2 1 blur away all that repeats every 4 or 2 pixels, so that the difference holds it.
    smooth = sum(weight * shifted(x, (2, 2), k, size) for k, weight in enumerate((1, 2, 2, 2, 1))) / 8
    fine = where * (x - smooth)
    again = (fine * shifted(fine, (0, CELL), CELL, size)).mean(-1, keepdims=True)
    share = pooled(where, WINDOW)
    return jnp.sqrt(jax.nn.relu(pooled(again, WINDOW)) / (share + 0.01) + 1e-6), share


def checkerboard(refined, truth, where):
    """How much more repeats from cell to cell than in the truth. Paint comes cell by cell, and a net that must be sharp
    but cannot know where a tooth ends rules the same lines into every cell (compare Odena et al. 2016)."""
    value = 0.0
    for axis in (1, 2):
        (seen, share), (wanted, _) = repeated(refined, where, axis), repeated(truth, where, axis)
        value += (share * jax.nn.relu(seen - wanted)).mean()
    return value


def balance(refined, truth, where):
    """Difference of the logarithms of each picture's and its truth's gradient energy, summed over the patch: the terms
    above favour pictures that are too soft."""
    sums = [(pooled((gradients(brightness(jnp.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), "edge"))) ** 2).sum(-1, keepdims=True)) * where).sum((1, 2, 3)) for x in (refined, truth)]
    return jnp.abs(jnp.log(sums[0] + 1e-3) - jnp.log(sums[1] + 1e-3)).mean()


def landmark_features(x):
    """The landmark net's first nine blocks: edges and shapes of faces at 1/2 and 1/4 of the patch."""
    def prelu(x, name):
        slope = LANDMARKS[name + ".alpha"]
        return jnp.where(x < 0, x * slope, x)

    def dense(x, name):
        weight = LANDMARKS[name + ".weight"].transpose(2, 3, 1, 0)
        x = refiner_net.halves(x) if weight.shape[0] == 2 else x
        return x @ weight.reshape(-1, weight.shape[-1]) + LANDMARKS[name + ".bias"]

    def depthwise(x, name):
        weight = LANDMARKS[name + ".weight"][:, 0]
        h, w = x.shape[1:3]
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return sum(x[:, i : i + h, j : j + w] * weight[:, i, j] for i in range(3) for j in range(3))

    # SAME padding with stride 2: one row and one column of zeros, after the last ones.
    weight = LANDMARKS["stem.weight"].transpose(2, 3, 1, 0)
    h, w = x.shape[1:3]
    x = jnp.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
    taps = [x[:, i : i + h : 2, j : j + w : 2] for i in range(3) for j in range(3)]
    x = jnp.concatenate(taps, -1) @ weight.reshape(-1, weight.shape[-1]) + LANDMARKS["stem.bias"]
    x = prelu(x, "stem_slope")
    out = []
    for i in range(9):
        name = f"blocks.{i}"
        y = prelu(dense(x, name + ".reduce"), name + ".inner_slope")
        y = dense(depthwise(y, name + ".depthwise"), name + ".expand")
        if i == 4:
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))
            x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, y.shape[-1] - c)))
        x = prelu(x + y, name + ".outer_slope")
        if i in (3, 8):
            out.append(x)
    return out


def judge_init(key):
    """Random parameters of the critic, the net that tells true pictures from refined ones, patch by patch."""
    shapes = {"a": (2, 2, 3, 32), "b": (3, 3, 32, 32), "c": (2, 2, 32, 64), "d": (3, 3, 64, 64), "e": (2, 2, 64, 64), "f": (1, 1, 64, 1)}
    keys = jax.random.split(key, len(shapes))
    out = {f"{n}.weight": jax.random.normal(k, s) * np.sqrt(2 / np.prod(s[:-1])) for (n, s), k in zip(shapes.items(), keys)}
    return out | {f"{n}.bias": jnp.zeros(s[-1]) for n, s in shapes.items()}


def judged(p, picture, masks):
    """The critic's verdicts on a picture, from its brightness alone: with colours it would trade a green tooth for a
    sharp one."""
    x = conv(p, "a", jnp.concatenate([brightness(picture) - 0.5, masks], -1))
    for name in "bcdef":
        x = conv(p, name, jax.nn.leaky_relu(x, 0.2))
    return x


def loss(p, critic, part, batch, adversarial, left_out=()):
    """The value without the terms in `left_out`; then all terms, and (refined, truth, masks, the pooled region in which
    the truth can be known) for the critic."""
    x = batch
    refined, mask, paint, refused = refiner_net.refine(part, p, x["rendered"], x["photo"], x["masks"], x["code"], x["paint"], x["limit"])
    region = inside(part, x["masks"])
    real = batch["real"][:, None, None, None]  # two pictures of one person
    weight = INSIDE * region + (1 - real) * (1 - region)
    error = refined - x["truth"]
    # What is seen behind teeth cannot be known: a net that must be as sharp there as the truth would rule lines.
    behind = x["masks"][..., :1] * refiner_hues.behind_teeth(x["rendered"], refiner_net.without_detail(x["rendered"])) if part == "mouth" else 0 * region
    known = region * (1 - behind)
    terms = {
        "colour": (weight * jnp.abs(error)).mean(),
        "gradient": (weight[:, :-1, :-1] * jnp.abs(gradients(refined) - gradients(x["truth"]))).mean(),
        "pooled": jnp.abs(pooled(error)).mean(),
        "energy": ((1 + INSIDE * pooled(region)) * (1 - pooled(behind)) * jnp.abs(energy(refined) - energy(x["truth"]))).mean(),
        "coarse": ((1 + INSIDE * pooled(region, 16)) * (1 - pooled(behind, 16)) * jnp.abs(energy(pooled(refined, 2)) - energy(pooled(x["truth"], 2)))).mean(),
        "checkerboard": checkerboard(refined, x["truth"], x["masks"][..., :1]),
        "balance": balance(refined, x["truth"], pooled(known)) + balance(refined, x["truth"], 1 - pooled(region)),
        "mask": mask.mean(),
        "paint": jnp.mean(paint),
        # The bounds cut off what a net asks for beyond them, so no other term sees it or holds it back: the net would
        # ask for black skin, and the bounds would make a flat blotch of it.
        "refused": jnp.abs(refused).mean(),
        "features": 0.0,
        "adversarial": 0.0,
    }
    truth = lax.stop_gradient(x["truth"])
    for seen, wanted in zip(landmark_features(refined), landmark_features(truth)):
        near = pooled(weight, weight.shape[1] // seen.shape[1])
        terms["features"] += (near * jnp.abs(seen - wanted)).mean() / (jnp.abs(wanted).mean() + 1e-3)
    if adversarial:
        said = judged(critic, refined, x["masks"])
        terms["adversarial"] = -(said * pooled(known)).mean()
    value = sum(WEIGHTS[k] * v for k, v in terms.items() if k not in left_out)
    return value, (terms, (lax.stop_gradient(refined), truth, x["masks"], pooled(known)))


def critic_loss(critic, refined, truth, masks, where):
    """Hinge loss inside `where`, plus how steep the critic is at true pictures: a steep critic asks the net for more
    than it can learn."""
    slope = jax.grad(lambda picture: (where * judged(critic, picture, masks)).sum())(truth)
    steep = (slope**2).sum((1, 2, 3)).mean()
    return (where * (jax.nn.relu(1 - judged(critic, truth, masks)) + jax.nn.relu(1 + judged(critic, refined, masks)))).mean() + STEEP * steep
