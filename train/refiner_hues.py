"""Hues that the refiner's nets may give a colour, as `src/refiner/hue.rs` has them; what they learn of hues fits the photos they know best.

Colours are (..., 3), RGB in 0..1; what is said of them is (..., 1).
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

# Share of the difference between colours that is kept: what a net has learned of hues fits the photos it knows best.
HUE = 0.25
LIFT = 0.4
FLESH = np.array([0.817, -0.418, -0.399], np.float32)  # as in src/refiner/shaders/add.wgsl
REDNESS, YELLOW = (0.05, 0.9), np.array([0.011, 0.702, -0.713], np.float32)
WARMTH, WARM, DARK, YELLOWEST = (0.03, 0.36), 1.2, 0.05, 1.5
LITTLE = 1e-4
# How far along FLESH what lies behind teeth is for brightness 1, at least; between these brightnesses it may be a tooth.
CAVITY, TOOTH = 0.45, (0.45, 0.65)
# Share of its brightness that what is around a mouth loses at most.
DARKEN = 0.15
# How far along FLESH, and against YELLOW, it goes at most for brightness 1.
RUDDIER, BLUER = 0.02, 0.04
# Share of a photo's pixels around a mouth or an eye that are darker than what nothing there is brightened beyond: as in src/refiner/plan.rs.
LIT = 0.8
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# So many times as bright as before a colour begins to be and is another thing, of which the detail before knows nothing.
COVERED = (1.5, 3.0)
# The same for how far its hue goes along FLESH for brightness 1, whichever way.
REPAINTED = (0.2, 0.5)


def mean_of(x):
    return x.mean(-1, keepdims=True)


def of_flesh(x):
    """How far colours (..., 3) are from grey towards a tongue's hue."""
    return ((x - x.mean(-1, keepdims=True)) @ FLESH)[..., None]


def paler(x):
    """Nearer to the mean of red, green and blue, and less still towards green, which neither skin nor teeth turn."""
    mean = x.mean(-1, keepdims=True)
    return mean + HUE * (x - mean - 0.5 * jnp.minimum(0, of_flesh(x)) * FLESH)


def fleshy(x):
    """As `paler`, but what is of a tongue's hue is kept whole, and nothing is brightened by more than `LIFT`."""
    rise = jnp.maximum(x.mean(-1, keepdims=True), 1e-3)
    return (paler(x) + (1 - HUE) * jnp.maximum(0, of_flesh(x)) * FLESH) * LIFT * jnp.tanh(rise / LIFT) / rise


def warmth(x):
    """How warm the light on colours (..., 3) makes white teeth: the way to yellow for brightness 1."""
    return WARMTH[0] + WARMTH[1] * (x @ YELLOW)[..., None] / (mean_of(x) + DARK)


def behind_teeth(x, smooth):
    """How much colours x of geometry's mouth, without detail so bright, are what is behind its teeth, 0 to 1: flesh in the dark."""
    return jnp.clip(of_flesh(x) / (CAVITY * jnp.maximum(smooth, DARK)), 0, 1)


def least_redness(behind, bright):
    """How far along FLESH what is made of such colours is at least for brightness 1, where it becomes so bright."""
    t = jnp.clip((bright - TOOTH[0]) / (TOOTH[1] - TOOTH[0]), 0, 1)
    return CAVITY * behind * (1 - t * t * (3 - 2 * t))


def of_mouths(paint, warm, least):
    """Painted colours as mouths have them under a light, from white over red to black: brightness and redness are their own."""
    mean = jnp.maximum(0, mean_of(paint))
    flesh = jnp.clip(of_flesh(paint), REDNESS[0] * mean, REDNESS[1] * mean) + WARM * warm * mean
    flesh = jnp.maximum(flesh, least(mean) * mean)
    return mean + flesh * FLESH + warm * mean * YELLOW


def hued(added, x, least):
    """What is to be added to colours in a mouth, without turning them greener or yellower than they are and than teeth are in this light."""
    becomes, light, bright = x + added, warmth(x), jnp.maximum(mean_of(x), DARK)
    mean = jnp.maximum(0, mean_of(becomes))
    least = jnp.minimum(jnp.maximum(REDNESS[0] + WARM * light, least(mean)), of_flesh(x) / bright) * mean
    most = jnp.maximum(YELLOWEST * light, (x @ YELLOW)[..., None] / bright) * mean
    return added + jnp.maximum(0, least - of_flesh(becomes)) * FLESH - jnp.maximum(0, (becomes @ YELLOW)[..., None] - most) * YELLOW


def staying(becomes, x, smooth):
    """Share of the detail of a colour that stays where what is without it, `smooth` in the mean, becomes another one: a tooth's gap goes
    with the tooth that is covered, by dark or by flesh, and so does its edge where another covers what lies behind it."""
    mean, smooth = mean_of(becomes), jnp.maximum(smooth, DARK)
    ratio = mean / smooth
    redder = jnp.abs(of_flesh(becomes) / jnp.maximum(mean, DARK) - of_flesh(x) / smooth)
    left = 1.0
    for value, (low, high) in ((ratio, COVERED), (redder, REPAINTED)):
        way = jnp.clip((value - low) / (high - low), 0, 1)
        left *= 1 - way * way * (3 - 2 * way)
    return jnp.clip(ratio, 0, 1) * left


def white_of(photo):
    """How bright skin is in photos' patches (N, S, S, 3) where it is lit, (N, 1, 1, 1)."""
    ordered = jnp.sort((photo @ LUMINANCE).reshape(len(photo), -1), -1)
    return ordered[:, int(LIT * (ordered.shape[1] - 1)), None, None, None]


def unbleached(rise, before, white):
    """Share of a brightening that is made where it is so bright: all of a small one, nothing beyond `white`."""
    way = jnp.maximum(rise, 0) / jnp.maximum(white - before, LITTLE)
    return lax.rsqrt(1 + way**2)


def around_eyes(change, x, fine, white):
    """What is made of a change around an eye: nothing becomes brighter than `white`, its detail `fine` left out."""
    return change * unbleached((change @ LUMINANCE)[..., None], (x @ LUMINANCE)[..., None] - fine, white)


def around_mouths(change, x, fine, white):
    """What is made of a change around a mouth: all of a small one, but nothing loses more than `DARKEN` of its brightness, becomes brighter than
    `white`, much redder or bluer (`RUDDIER`, `BLUER`) or yellower than it was, its detail `fine` left out. A fold shades skin, a blotch hides it."""
    rise, before = (change @ LUMINANCE)[..., None], (x @ LUMINANCE)[..., None] - fine
    darker = jnp.minimum(rise, 0) / (DARKEN * jnp.maximum(before, DARK))
    change *= lax.rsqrt(1 + darker**2) * unbleached(rise, before, white)
    becomes = x + change
    bright = jnp.maximum(mean_of(becomes) - fine, DARK)
    lighter = bright / jnp.maximum(mean_of(x) - fine, DARK)
    yellow, flesh, turns = (x @ YELLOW)[..., None] * lighter, of_flesh(x) * lighter, (becomes @ YELLOW)[..., None]
    excess, missing = jnp.maximum(turns - jnp.maximum(yellow, 0), 0), jnp.maximum(yellow - BLUER * bright - turns, 0)
    redder = jnp.maximum(of_flesh(becomes) - jnp.maximum(flesh, 0) - RUDDIER * bright, 0)
    hued = becomes - (excess - missing) * YELLOW - redder * FLESH
    # Its hue back makes nothing brighter.
    bright_before, bright_after = (jnp.maximum((v @ LUMINANCE)[..., None], LITTLE) for v in (becomes, hued))
    return jnp.minimum(bright_before / bright_after, 1) * hued - x
