"""Figures and pictures of the refiner on held-out people."""

import jax
import jax.numpy as jnp
import numpy as np

import recognition_net
import refiner_loss
import refiner_net
from refiner_data import KINDS, UNDONE, beside, sheet

STEP = 32
WIDE, BLINKED = 0.2, 0.3


def refined(part, p, pairs):
    """All pairs through the net, (N, S, S, 3) in 0..1 as a viewer would get them."""
    run = jax.jit(lambda p, *x: refiner_net.refine(part, p, *x, refiner_net.limit(refiner_net.SIDES[part]))[0])
    out = []
    for start in range(0, len(pairs), STEP):
        batch = pairs.rows(np.arange(start, min(start + STEP, len(pairs))))
        x = [jnp.asarray(batch[k], jnp.float32) / 255 for k in ("rendered", "photo", "masks")]
        out.append(np.array(run(p, *x, batch["code"], batch["paint"])))
    return np.round(np.clip(np.concatenate(out), 0, 1) * 255) / 255


def distances(net, one, other, where):
    """How unlike two pictures look to the net inside a mask: squared difference of its features, each pixel's of length 1 (Zhang et al.
    2018, without learned weights), mean of the stages."""
    sums = []
    for start in range(0, len(one), STEP):
        rows = slice(start, start + STEP)
        for a, b in zip(*(net(jnp.asarray(x[rows], jnp.float32)) for x in (one, other))):
            a, b = (x / (jnp.linalg.norm(x, axis=-1, keepdims=True) + 1e-5) for x in (a, b))
            at = [((np.arange(count) + 0.5) * where.shape[1] / count).astype(int) for count in a.shape[1:3]]
            near = where[rows][:, at[0]][:, :, at[1]]
            sums.append(((np.asarray((a - b) ** 2).sum(-1) * near).sum(), near.sum()))
    stages = np.array(sums).reshape(-1, len(recognition_net.STAGES), 2).sum(0)
    return float((stages[:, 0] / np.maximum(stages[:, 1], 1)).mean())


def boxes(area, grow):
    """The bounds of each mask (N, S, S), grown by a share of their width, as masks."""
    out = np.zeros_like(area, bool)
    for mask, box in zip(area > 0.4, out):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows) and len(columns):
            more = int(round(grow * (columns[-1] - columns[0] + 1)))
            box[max(rows[0] - more, 0) : rows[-1] + more + 1, max(columns[0] - more, 0) : columns[-1] + more + 1] = True
    return out


def psnr(a, b, where):
    """Per picture, dB."""
    squares = (((a - b) ** 2).mean(-1) * where).sum((1, 2)) / np.maximum(where.sum((1, 2)), 1)
    return -10 * np.log10(np.maximum(squares, 1e-5))


def energy(x, where):
    """Sum of the squared differences to the right and lower neighbour."""
    squares = ((x[:, :-1, 1:] - x[:, :-1, :-1]) ** 2 + (x[:, 1:, :-1] - x[:, :-1, :-1]) ** 2).sum(-1)
    return (squares * where[:, :-1, :-1]).sum((1, 2))


def ruled(x, where):
    """How strongly detail repeats from cell to cell of the net's grid inside a mask, down and across, in units of
    255."""
    sizes = (refiner_loss.repeated(jnp.asarray(x, jnp.float32), jnp.asarray(where[..., None], jnp.float32), axis) for axis in (1, 2))
    return [255 * float((size * share).sum() / share.sum()) for size, share in sizes]


def judge(part, p, pairs, recognition):
    """Prints a table of rendered -> refined; returns rows for the contact sheet. `recognition` is the folder of a recognition net's
    weights, or None."""
    weights = recognition and recognition_net.load(recognition)
    net = jax.jit(lambda x: recognition_net.features(weights, x))
    rendered, truth = (pairs.pictures[k] / 255 for k in ("rendered", "truth"))
    masks = pairs.pictures["masks"] / 255
    out = refined(part, p, pairs)
    everywhere = np.ones(len(pairs), bool)
    if part == "mouth":
        whole, opening = masks.sum(-1), masks[..., 0] > 0.5
        wide = (pairs.after("jawOpen") > WIDE) & (opening.sum((1, 2)) > 20)
        tests = [("inner mouth, jawOpen > .2", wide, opening), ("mouth box", everywhere, boxes(whole, 0.1))]
        lively = np.abs(pairs.after("jawOpen") - pairs.before("jawOpen"))
    else:
        box = boxes(masks[..., 0], 0.2)
        lively = np.abs(pairs.after("eyeBlinkRight") - pairs.before("eyeBlinkRight"))
        tests = [("eye boxes", everywhere, box), ("eye boxes, blink changes > .3", lively > BLINKED, box)]
    real = pairs.kind < UNDONE
    for name, chosen, where in tests:
        for kind, of_kind in [("true", real)] + [(label, pairs.kind == k) for k, label in enumerate(KINDS) if k >= UNDONE]:
            rows = chosen & of_kind & where.any((1, 2))
            if not rows.any():
                print(f"{name}, {kind}: none")
                continue
            before, after = (psnr(x[rows], truth[rows], where[rows]).mean() for x in (rendered, out))
            sharp = [energy(x[rows], where[rows]).sum() for x in (rendered, out, truth)]
            near = [distances(net, x[rows], truth[rows], where[rows]) for x in (rendered, out)] if recognition else None
            print(
                f"{name}, {kind}: {rows.sum()} patches, {before:.1f} -> {after:.1f} dB, "
                f"gradient energy {sharp[0] / sharp[2]:.2f} -> {sharp[1] / sharp[2]:.2f}"
                + (f", features {near[0]:.3f} -> {near[1]:.3f} ({100 * (near[1] / near[0] - 1):+.0f} %)" if near else "")
            )
    if part == "mouth":
        down, across = ([f"{value:.2f}" for value in values] for values in zip(*(ruled(x[wide], opening[wide]) for x in (rendered, out, truth))))
        print("lines that repeat in open mouths, rendered, refined, truth: across", *across, "down", *down)
    border = np.abs(out - np.round(rendered * 255) / 255)
    print(f"{part}: change at the border {max(border[:, 0].max(), border[:, -1].max(), border[:, :, 0].max(), border[:, :, -1].max()):.4f}")
    # For the contact sheet, of true pairs and of undone ones: eight of the sixth that changes most, and any four.
    rng, show = np.random.default_rng(0), []
    for of_kind in (real, ~real):
        rows = np.flatnonzero(of_kind)
        order = rows[np.argsort(-lively[rows])]
        show += list(rng.permutation(order[: max(len(order) // 6, 8)])[:8]) + list(rng.permutation(rows)[:4])
    byte = lambda x: np.round(x * 255).astype(np.uint8)
    return [[pairs.pictures["photo"][i], pairs.pictures["rendered"][i], byte(out[i]), pairs.pictures["truth"][i]] for i in show]


def draw(rows, path):
    """Photo, rendered, refined, truth; several columns of rows."""
    if rows:
        sheet(beside(rows, 4), 112).save(path)
        print("contact sheet (photo | rendered | refined | truth):", path)
