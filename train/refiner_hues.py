"""Limits on the hues that the refiner's nets may give a colour, as in `src/refiner/hue.rs`: what the nets learn about
hues fits the photos they know best, and would tint the teeth of others.

Colours are (..., 3), RGB in 0..1; one number for each colour is (..., 1). A hue is measured as the distance of a colour
from grey (the mean of red, green and blue) along two unit vectors, `FLESH` and `YELLOW`. "For brightness 1" means:
divided by the mean of red, green and blue.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

# Share of a gain's or an offset's difference from grey that is kept (`paler`): what a net has learned about hues fits
# the photos it knows best.
HUE = 0.25
# Most that an offset adds to the mean of a colour in a mouth's opening, brightness 0 to 1.
LIFT = 0.4
# Hue of a tongue: the direction from grey to flesh in RGB, of length 1.
FLESH = np.array([0.817, -0.418, -0.399], np.float32)  # as in src/refiner/shaders/add.wgsl
# REDNESS: how far along FLESH a painted colour of brightness 1 is in white light: at least the first value, at most the
# second. YELLOW: the direction from blue to yellow in RGB, of length 1 and at right angles to FLESH.
REDNESS, YELLOW = (0.05, 0.9), np.array([0.011, 0.702, -0.713], np.float32)
# WARMTH: how far along YELLOW teeth are for brightness 1: the first value, plus the second times how far along YELLOW
# the colour is that they cover. WARM: how far along FLESH teeth are for each unit along YELLOW. DARK: brightness, 0 to
# 1, below which a hue is lost in rounding; divisors are at least this, or are raised by it. YELLOWEST: how many times
# as far along YELLOW as most teeth in this light (see `warmth`) the yellowest teeth are.
WARMTH, WARM, DARK, YELLOWEST = (0.03, 0.36), 1.2, 0.05, 1.5
# Smallest divisor, a difference of brightness or a brightness, 0 to 1.
LITTLE = 1e-4
# CAVITY: how far along FLESH what lies behind teeth is at least, for brightness 1. TOOTH: brightness, 0 to 1, of what
# lies behind teeth: below the first value it must be as red as CAVITY; above the second it may be as pale as a tooth.
CAVITY, TOOTH = 0.45, (0.45, 0.65)
# Brightness, 0 to 1, that what lies behind teeth has at most where it is darker than TOOTH: the brightest tongues.
TONGUE = 0.42
# Brightness, 0 to 1, of geometry's teeth: a colour darker than the first value is none, one brighter than the second is
# one unless it has the hue of what lies behind teeth.
TOOTHLIKE = (0.3, 0.55)
# Largest share of its brightness that a pixel around a mouth may lose.
DARKEN = 0.15
# For brightness 1, how much farther along FLESH (RUDDIER) and against YELLOW (BLUER) a pixel around a mouth may become.
RUDDIER, BLUER = 0.02, 0.04
# Share of the photo's pixels around a mouth or an eye that are darker than lit skin (`white_of`), beyond whose
# brightness nothing there is brightened: as in src/refiner/plan.rs.
LIT = 0.8
# Weights of red, green and blue in a colour's brightness.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# Ratio of the new to the old brightness at which a repainted pixel starts to lose geometry's fine detail, and at which
# all of it is gone: the detail of a tooth says nothing of the flesh painted over it.
COVERED = (1.5, 3.0)
# How far a repainted pixel's hue moves along FLESH, either way, for brightness 1: it keeps geometry's fine detail below
# the first value and loses all of it above the second.
REPAINTED = (0.2, 0.5)


def mean_of(x):
    return x.mean(-1, keepdims=True)


def of_flesh(x):
    """How far colours (..., 3) are from grey along `FLESH`, the hue of a tongue."""
    return ((x - x.mean(-1, keepdims=True)) @ FLESH)[..., None]


def paler(x):
    """Colours x with `HUE` of their difference from grey. Of a difference towards green, against `FLESH`, only half of
    that is kept: neither skin nor teeth turn green."""
    mean = x.mean(-1, keepdims=True)
    return mean + HUE * (x - mean - 0.5 * jnp.minimum(0, of_flesh(x)) * FLESH)


def fleshy(x):
    """As `paler`, but a difference from grey along `FLESH` is kept whole, for a tongue; and the mean of red, green and
    blue approaches `LIFT` softly, so that an offset brightens by no more."""
    rise = jnp.maximum(x.mean(-1, keepdims=True), 1e-3)
    return (paler(x) + (1 - HUE) * jnp.maximum(0, of_flesh(x)) * FLESH) * LIFT * jnp.tanh(rise / LIFT) / rise


def warmth(x):
    """How warm white teeth look in the light that falls on colours (..., 3): how far along `YELLOW` they are for
    brightness 1."""
    return WARMTH[0] + WARMTH[1] * (x @ YELLOW)[..., None] / (mean_of(x) + DARK)


def between(value, limits):
    """0 below the first limit, 1 above the second, smooth in between."""
    t = jnp.clip((value - limits[0]) / (limits[1] - limits[0]), 0, 1)
    return t * t * (3 - 2 * t)


def behind_teeth(x, smooth):
    """How far colours x in geometry's mouth count as what lies behind its teeth, flesh in the dark: 0 not at all, 1
    entirely. `smooth` is their brightness without fine detail."""
    return jnp.clip(of_flesh(x) / (CAVITY * jnp.maximum(smooth, DARK)), 0, 1)


def least_redness(behind, bright):
    """How far along `FLESH` a new colour of brightness `bright` must be at least, for brightness 1, where it covers a
    colour that counts by `behind`, 0 to 1, as lying behind teeth."""
    return CAVITY * behind * (1 - between(bright, TOOTH))


def bounded(paint):
    """Mean of painted colours, and how far along `FLESH` they are in white light, within `REDNESS`; (..., 1) each."""
    mean = jnp.maximum(0, mean_of(paint))
    return mean, jnp.clip(of_flesh(paint), REDNESS[0] * mean, REDNESS[1] * mean)


def of_mouths(mean, flesh, warm, least):
    """Painted colours in the light of the mouth, from mean and redness (see `bounded`): they keep both, but are at least
    as red as `least` says for their brightness; how yellow they are follows from the light alone (`warm`, see
    `warmth`)."""
    flesh = jnp.maximum(flesh + WARM * warm * mean, least(mean) * mean)
    return mean + flesh * FLESH + warm * mean * YELLOW


def hued(added, x, least):
    """Corrects `added`, a change of colours x in a mouth, so that the result is no greener and no yellower than both x
    itself and teeth in this light. `least` gives the least redness for a brightness (see `least_redness`)."""
    becomes, light, bright = x + added, warmth(x), jnp.maximum(mean_of(x), DARK)
    mean = jnp.maximum(0, mean_of(becomes))
    least = jnp.minimum(jnp.maximum(REDNESS[0] + WARM * light, least(mean)), of_flesh(x) / bright) * mean
    most = jnp.maximum(YELLOWEST * light, (x @ YELLOW)[..., None] / bright) * mean
    return added + jnp.maximum(0, least - of_flesh(becomes)) * FLESH - jnp.maximum(0, (becomes @ YELLOW)[..., None] - most) * YELLOW


def staying(becomes, x, smooth):
    """Share of the fine detail of colours x that stays where they become `becomes`; `smooth` is the mean of x without
    that detail. The gap between two teeth vanishes with the tooth that is covered by dark or by flesh, and a tooth's
    edge vanishes where another tooth covers what lies behind it."""
    mean, smooth = mean_of(becomes), jnp.maximum(smooth, DARK)
    ratio = mean / smooth
    redder = jnp.abs(of_flesh(becomes) / jnp.maximum(mean, DARK) - of_flesh(x) / smooth)
    return jnp.clip(ratio, 0, 1) * (1 - between(ratio, COVERED)) * (1 - between(redder, REPAINTED))


def toothlike(x, smooth):
    """How far colours x of geometry's mouth count as teeth, 0 to 1; `smooth` is their mean without fine detail."""
    return between(smooth, TOOTHLIKE) * (1 - behind_teeth(x, smooth))


def without_haze(becomes, behind):
    """New colours in a mouth, no brighter than `TONGUE` and at least as red as `CAVITY` where they cover what lies behind
    teeth (`behind`, 0 to 1, or 0 where a tongue is out) and are no teeth: a guess between tooth and tongue is a haze."""
    bright = jnp.maximum(mean_of(becomes), LITTLE)
    tongue = becomes * jnp.minimum(1, TONGUE / bright)
    tongue += jnp.maximum(0, CAVITY * mean_of(tongue) - of_flesh(tongue)) * FLESH
    return becomes + behind * (1 - between(bright, TOOTH)) * (tongue - becomes)


def white_of(photo):
    """Brightness of lit skin in photos' patches (N, S, S, 3): that below which the share `LIT` of the pixels lies,
    (N, 1, 1, 1)."""
    ordered = jnp.sort((photo @ LUMINANCE).reshape(len(photo), -1), -1)
    return ordered[:, int(LIT * (ordered.shape[1] - 1)), None, None, None]


def unbleached(rise, before, white):
    """Share of a brightening `rise` that is made where the brightness was `before`: nearly all of a small one, and
    never so much that the result is brighter than `white`."""
    way = jnp.maximum(rise, 0) / jnp.maximum(white - before, LITTLE)
    return lax.rsqrt(1 + way**2)


def around_eyes(change, x, fine, white):
    """The part of a change around an eye that is made: no pixel of picture x becomes brighter than `white`. Its fine
    detail `fine` does not count."""
    return change * unbleached((change @ LUMINANCE)[..., None], (x @ LUMINANCE)[..., None] - fine, white)


def around_mouths(change, x, fine, white):
    """The part of a change around a mouth that is made: nearly all of a small one, but no pixel of picture x loses more
    than `DARKEN` of its brightness, becomes brighter than `white`, much redder or bluer than it was (`RUDDIER`,
    `BLUER`), or yellower. Its fine detail `fine` does not count. A fold only shades skin; a blotch would hide it."""
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
    # Taking the hue back must not make a pixel brighter.
    bright_before, bright_after = (jnp.maximum((v @ LUMINANCE)[..., None], LITTLE) for v in (becomes, hued))
    return jnp.minimum(bright_before / bright_after, 1) * hued - x
