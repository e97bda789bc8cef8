// The refiner (worker side): its model is fetched once a portrait is up and somebody wants it.

import { REFINER } from "./download.js";

export class Refinement {
  #studio;
  #files;
  #inTurn;
  /** The model on its way, once it is asked for. */
  #loaded = null;

  /** @param {(work: () => any) => Promise<any>} inTurn runs work when no other call is under way */
  constructor(studio, files, inTurn) {
    this.#studio = studio;
    this.#files = files;
    this.#inTurn = inTurn;
  }

  /** Sets the mode; call in turn. The model may come later than this resolves. */
  setMode(mode) {
    return this.#studio.setRefine(mode);
  }

  /** Fetches the model if it is wanted; call when a portrait is on show, not in turn. */
  async prepare() {
    if (!this.#studio.wantsRefiner || this.#loaded) return;
    this.#loaded = this.#files.bytes(REFINER).then((bytes) => this.#inTurn(() => this.#studio.loadRefiner(bytes)));
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
    await this.#inTurn(() => this.#studio.redraw());
  }
}
