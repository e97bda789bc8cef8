// Ritratto: a living portrait on a canvas. index.d.ts documents every call.

import { RitrattoError } from "./error.js";
import { checkedExpression } from "./expression.js";
import { Drivers } from "./drivers.js";
import { Latest } from "./latest.js";
import { Link, handedOver } from "./link.js";
import { TRANSFER, checkOptions } from "./options.js";
import { Clips, recordMotion } from "./recording.js";
import { bytesOf, folderOf, stillOf } from "./source.js";

export { RitrattoError };

const NO_WEBGPU =
  "This browser has no WebGPU. Use a recent Chrome, Edge, Firefox or Safari, with hardware acceleration switched on.";
const DISPOSED = new RitrattoError("disposed", "This portrait was disposed of.");
/** After this many restarts within `PEACE` the worker stays down when it stops again. */
const RESTARTS = 2;
/** Time, milliseconds, after which a restart does not count any more. */
const PEACE = 60_000;

export class Ritratto {
  /** The canvas on the page. A restart after a crash puts a new one in its place. */
  canvas;
  /** Names of the built-in motions. */
  motions = [];
  /** Names of the expression coefficients, in their order. */
  expressionNames = [];
  #link;
  #url;
  #draw;
  #nets;
  #onEvent;
  #onProgress;
  #drivers = new Drivers({
    call: (...call) => this.#call(...call),
    onChange: (another) => {
      // If the page was told that the face is away, it must be told anew what the next driver shows.
      if (another && !this.#visible) this.#visible = null;
      this.#release();
    },
    onError: ({ code, message }) => this.#hear({ event: "error", code, message }),
  });
  #paused = false;
  /** Whether an expression set by hand keeps the driver waiting. */
  #held = false;
  #values = { mark: true, mirrored: false, refine: "auto", size: "auto" };
  #transfer = TRANSFER;
  #photo = null;
  /** Counts photos, so that an older one that takes longer to fetch does not come up last. */
  #photos = 0;
  /** The newest photo on its way, as setPhoto() gave it. */
  #newest = null;
  /** For each type of clip, the tags that say that it is AI-animated. */
  #tags = {};
  #clips = new Clips((on) => this.#call("hold", [on]).catch(() => {}));
  /** The expression set by hand that is on show, or null. */
  #expression = null;
  /** What waits here is dropped when a driver, a photo or stop() has taken the expression's place. */
  #expressions = new Latest(async (expression) => {
    if (expression === this.#expression) await this.#call("setExpression", [expression]);
  });
  #motion = null;
  /** Whether the driver shows a face, as the page was told last; null if the page must be told again. */
  #visible = true;
  /** The package's list of files. */
  #list = null;
  #restarts = [];
  /** Whether the worker stopped and was not started again. */
  #down = false;
  #disposed = false;

  static async create({ canvas, baseUrl, onProgress, onEvent, draw = "auto", nets = "auto" } = {}) {
    const portrait = new Ritratto();
    portrait.canvas = canvas ?? null;
    portrait.#url = new URL("worker.js", baseUrl ? folderOf(baseUrl) : import.meta.url);
    portrait.#draw = draw;
    portrait.#nets = nets;
    portrait.#onEvent = onEvent ?? (() => {});
    portrait.#onProgress = onProgress ?? (() => {});
    performance.mark("ritratto-create");
    if (!navigator.gpu && [draw, nets].includes("gpu")) throw new RitrattoError("no-gpu", NO_WEBGPU);
    try {
      await portrait.#start();
    } catch (error) {
      portrait.#link?.close(RitrattoError.from(error));
      throw RitrattoError.from(error);
    }
    return portrait;
  }

  setPhoto(photo) {
    const number = ++this.#photos;
    this.#newest = this.#takePhoto(photo, () => number === this.#photos);
    return this.#newest;
  }

  async drive(source, options) {
    this.#alive();
    return this.#drivers.drive(source, options);
  }

  async faces(picture) {
    this.#alive();
    const frame = await stillOf(picture);
    if (!frame) throw new RitrattoError("driver", "Faces are looked for in a single frame.");
    return this.#call("faces", [frame], [frame]);
  }

  motion() {
    return this.#motion;
  }

  async options(values) {
    checkOptions(values, this.#values);
    await this.#call("options", [values]);
    Object.assign(this.#values, values);
  }

  async setTransfer(values) {
    checkOptions(values, TRANSFER);
    this.#transfer = await this.#call("setTransfer", [values]);
    return { ...this.#transfer };
  }

  async setExpression(expression = {}) {
    this.#alive();
    this.#expression = checkedExpression(expression, this.expressionNames);
    if (this.#drivers.any && !this.#held) {
      this.#held = true;
      this.#halt().catch(() => {});
    }
    try {
      await this.#expressions.call(this.#expression);
    } catch (error) {
      if (error.code === "not-ready") this.#release();
      throw error;
    }
  }

  async expressionAsMotion(expression = this.#expression ?? {}) {
    return this.#call("expressionMotion", [checkedExpression(expression, this.expressionNames)]);
  }

  async setNeutral() {
    await this.#call("setNeutral");
  }

  async pause(on = true) {
    this.#paused = on;
    if (this.#held && !on) this.#release();
    await this.#halt();
  }

  async saveFrame() {
    return new Blob([await this.#call("saveFrame")], { type: "image/png" });
  }

  record() {
    this.#alive();
    if (!this.canvas) throw new RitrattoError("recording", "There is no canvas to record.");
    return this.#clips.record(this.canvas, this.#tags);
  }

  recordMotion() {
    return recordMotion((name, args) => this.#call(name, args));
  }

  async stop() {
    this.#drivers.stop();
    this.#motion = null;
    await this.#call("rest");
  }

  async statistics() {
    return this.#call("statistics");
  }

  dispose() {
    this.#disposed = true;
    this.#drivers.release();
    this.#clips.end();
    this.#link?.close(DISPOSED);
  }

  #alive() {
    if (this.#disposed) throw DISPOSED;
  }

  #call(name, args, transfer) {
    if (this.#disposed) return Promise.reject(DISPOSED);
    return this.#link.call(name, args, transfer);
  }

  async #start() {
    const canvas = handedOver(this.canvas);
    const link = new Link(this.#url, (event) => this.#hear(event, link), (error) => this.#crashed(link, error));
    this.#link = link;
    const made = [{ canvas, draw: this.#draw, nets: this.#nets, list: this.#list }];
    const { motions, expressionNames, tags, list, times } = await link.call("create", made, canvas ? [canvas] : []);
    this.#tags = tags;
    this.#list = list;
    this.motions = motions;
    this.expressionNames = expressionNames;
    performance.mark("ritratto-ready", { detail: times });
  }

  async #takePhoto(photo, current) {
    const bytes = await bytesOf(photo, "photo").catch((error) => {
      if (current()) throw error;
    });
    if (!current()) return this.#newest;
    const before = this.#expression;
    this.#expression = null;
    try {
      const about = await this.#call("setPhoto", [bytes]);
      this.#photo = bytes;
      performance.mark("ritratto-photo");
      return about;
    } catch (error) {
      this.#expression ??= before;
      throw error;
    }
  }

  #hear({ event, ...more }, link) {
    if (event === "progress") {
      this.#onProgress(more);
    } else if (event === "frame") {
      const before = this.#motion;
      this.#motion = more.motion;
      if (!before) performance.mark("ritratto-first-frame");
      if (this.#visible !== more.motion.face) {
        this.#visible = more.motion.face;
        this.#onEvent({ type: "face", visible: more.motion.face });
      }
      this.#onEvent({ type: "frame", motion: more.motion });
    } else if (event === "error") {
      const error = new RitrattoError(more.code, more.message);
      if (more.code === "gpu") this.#crashed(link, error);
      else this.#onEvent({ type: "error", error });
    } else {
      this.#onEvent({ type: event, ...more });
    }
  }

  /** Tells worker and frames whether the driver waits. */
  async #halt() {
    const on = this.#paused || this.#held;
    const told = this.#call("pause", [on]);
    this.#drivers.pause(on);
    await told;
  }

  /** An expression set by hand gives way to the driver. */
  #release() {
    this.#expression = null;
    if (!this.#held) return;
    this.#held = false;
    this.#halt().catch(() => {});
  }

  /** Puts a new worker in the place of one that stopped, with the photo and the driver it had. */
  async #crashed(link, error) {
    if (link !== this.#link || this.#down || this.#disposed) return;
    const now = performance.now();
    this.#restarts = this.#restarts.filter((time) => now - time < PEACE);
    const give = this.motions.length === 0 || this.#restarts.length >= RESTARTS;
    this.#restarts.push(now);
    link.close(error);
    this.#clips.end();
    const expression = this.#expression;
    const drive = this.#drivers.lost();
    if (give) {
      this.#stayDown(error);
      return;
    }
    if (this.canvas) {
      const fresh = this.canvas.cloneNode();
      this.canvas.replaceWith(fresh);
      this.canvas = fresh;
    }
    this.#onEvent({ type: "restart", error, canvas: this.canvas });
    const starting = this.#restart();
    const next = this.#link;
    try {
      // All at once: calls that are made meanwhile come after these.
      const calls = [starting, this.#call("options", [this.#values]), this.#call("setTransfer", [this.#transfer])];
      if (this.#photo) calls.push(this.#call("setPhoto", [this.#photo]));
      this.#clips.hold();
      await Promise.all([...calls, this.#halt()]);
      await this.#drivers.restore(drive);
      if (expression && this.#photo) await this.setExpression(expression);
    } catch (again) {
      // If the new worker has stopped too, that has been dealt with already.
      if (next !== this.#link || this.#down || this.#disposed) return;
      this.#onEvent({ type: "error", error: RitrattoError.from(again) });
    }
  }

  /** Starts the worker again. Where that fails it stays down: without its core it could do nothing that it is called for. */
  async #restart() {
    const starting = this.#start();
    const link = this.#link;
    try {
      await starting;
    } catch (error) {
      if (link === this.#link && !this.#down && !this.#disposed) {
        this.#stayDown(new RitrattoError("crashed", `The portrait stopped and cannot be started again: ${error.message}`));
      }
      throw error;
    }
  }

  /** From now on every call is answered with this error. */
  #stayDown(error) {
    this.#down = true;
    this.#link.close(error);
    this.#onEvent({ type: "error", error });
  }
}
