// The refiner (worker side): its model is fetched once a portrait is up and somebody wants it.

import { REFINER } from "./download.js";

export class Refinement {
  #session;
  #files;
  #inTurn;
  /** The model on its way, once it is asked for. */
  #loaded = null;

  /** @param {(work: () => any) => Promise<any>} inTurn runs work when no other call is under way */
  constructor(session, files, inTurn) {
    this.#session = session;
    this.#files = files;
    this.#inTurn = inTurn;
  }

  /** Sets the mode; call in turn. The model may come later than this resolves. */
  setMode(mode) {
    return this.#session.setRefine(mode);
  }

  /** Fetches the model if it is wanted; call when a portrait is on show, not in turn. */
  async prepare() {
    if (!this.#session.wantsRefiner || this.#loaded) return;
    this.#loaded = this.#files.bytes(REFINER).then((bytes) => this.#inTurn(() => this.#session.loadRefiner(bytes)));
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
    await this.#inTurn(() => this.#session.redraw());
  }
}
