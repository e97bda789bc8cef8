// The expression that is being made: the photo's own, or a preset, with sliders moved.

import { SLIDERS, moved, moves, presetFace, valueOf } from "./expression.js";

export class Draft {
  /** What the photo shows. */
  #own;
  /** What the sliders start from. */
  #base;
  /** Values of the sliders that were moved, by id. */
  #values = new Map();

  /** @param {object} own a face, see expression.js */
  constructor(own) {
    this.#own = own;
    this.#base = own;
  }

  /** The face. What no slider moved is exactly what the sliders started from. */
  get face() {
    const face = { ...this.#base };
    for (const slider of SLIDERS) {
      if (this.#values.has(slider.id)) Object.assign(face, moved(slider, this.#values.get(slider.id), this.#base));
    }
    return face;
  }

  value(slider) {
    return this.#values.get(slider.id) ?? valueOf(slider, this.#base);
  }

  /** Where the slider stands for the photo. */
  own(slider) {
    return valueOf(slider, this.#own);
  }

  /** Whether the slider's part of the face is the photo's. */
  isOwn(slider) {
    return !this.#values.has(slider.id) && moves(slider).every((name) => this.#base[name] === this.#own[name]);
  }

  move(slider, value) {
    this.#values.set(slider.id, value);
  }

  /** Gives the photo's own back for one slider, or for everything. */
  reset(slider) {
    if (!slider) {
      this.#base = this.#own;
      this.#values.clear();
      return;
    }
    this.#values.delete(slider.id);
    const own = moves(slider).map((name) => [name, this.#own[name]]);
    this.#base = { ...this.#base, ...Object.fromEntries(own) };
  }

  /** Starts over from a preset. */
  preset(name) {
    this.#base = presetFace(name, this.#own);
    this.#values.clear();
  }
}

/** A face as the package takes it. */
export function asExpression({ yaw, pitch, roll, ...coefficients }) {
  return { coefficients, yaw, pitch, roll };
}
