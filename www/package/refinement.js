// The refiner (worker side): fetched once a portrait is up, and shown while frames keep up.

import { REFINER, fetchBytes } from "./download.js";

const MODES = ["auto", "on", "off"];
/** In "auto" the refiner goes for good when frames take longer than this on average, milliseconds. */
const SLOWEST = 70;
/** So many frames are averaged, after so many that do not count: the first ones compile kernels. */
const WINDOW = 30;
const WARM_UP = 10;

export class Refinement {
  #studio;
  #base;
  #inTurn;
  #mode = "off";
  /** The model on its way, once it is asked for. */
  #loaded = null;
  #ready = false;
  #on = false;
  #slow = false;
  #times = [];

  /** @param {(work: () => any) => Promise<any>} inTurn runs work when no other call is under way */
  constructor(studio, base, inTurn) {
    this.#studio = studio;
    this.#base = base;
    this.#inTurn = inTurn;
  }

  /** Whether frames are refined at present. */
  get on() {
    return this.#on;
  }

  /** Sets the mode; call in turn. The model may come later than this resolves. */
  async setMode(mode) {
    if (!MODES.includes(mode)) {
      throw Object.assign(new Error('The option "refine" is "auto", "on" or "off".'), { code: "option" });
    }
    this.#mode = mode;
    await this.#show();
  }

  /** Fetches the model if it is wanted; call when a portrait is on show, not in turn. */
  async prepare() {
    if (!this.#wanted) return;
    this.#loaded ??= fetchBytes(new URL(REFINER, this.#base)).then((bytes) => this.#inTurn(() => this.#studio.loadRefiner(bytes)));
    try {
      await this.#loaded;
      this.#ready = true;
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
    await this.#inTurn(() => this.#show());
  }

  /** Takes how long a frame took, milliseconds; call in turn. */
  async frame(milliseconds) {
    if (!this.#on || this.#mode !== "auto") return;
    this.#times.push(milliseconds);
    if (this.#times.length < WARM_UP + WINDOW) return;
    const mean = this.#times.slice(WARM_UP).reduce((sum, time) => sum + time, 0) / WINDOW;
    this.#times.length = WARM_UP;
    if (mean > SLOWEST) {
      this.#slow = true;
      await this.#show();
    }
  }

  /** Software draws too slowly to wait for more. */
  get #wanted() {
    return this.#mode === "on" || (this.#mode === "auto" && !this.#slow && !this.#studio.isSoftware);
  }

  async #show() {
    const on = this.#wanted && this.#ready;
    if (on === this.#on) return;
    await this.#studio.setRefined(on);
    this.#on = on;
    this.#times = [];
  }
}
