// Ritratto: a living portrait on a canvas. index.d.ts documents every call.

import { RitrattoError } from "./error.js";
import { checkedExpression } from "./expression.js";
import { FrameSource, videoOf, whenReady } from "./frames.js";
import { Latest } from "./latest.js";
import { Link } from "./link.js";
import { TRANSFER, checkOptions } from "./options.js";
import { Recording, recordMotion } from "./recording.js";
import { bytesOf, isBytes, stillOf } from "./source.js";

export { RitrattoError };

const NO_WEBGPU =
  "This browser has no WebGPU. Use a recent Chrome, Edge, Firefox or Safari, with hardware acceleration switched on.";
const DISPOSED = new RitrattoError("disposed", "This portrait was disposed of.");
/** After this many restarts without a minute of peace the worker stays down. */
const RESTARTS = 2;
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
  #frames = null;
  #drive = null;
  #paused = false;
  /** Whether an expression set by hand keeps the driver waiting. */
  #held = false;
  #values = { mark: true, mirrored: false, refine: "auto", size: "auto" };
  #transfer = TRANSFER;
  #photo = null;
  /** The expression set by hand that is on show, or null. */
  #expression = null;
  /** What waits here is dropped when a driver, a photo or stop() has taken the expression's place. */
  #expressions = new Latest(async (expression) => {
    if (expression === this.#expression) await this.#call("setExpression", [expression]);
  });
  #motion = null;
  #restarts = [];
  #disposed = false;

  static async create({ canvas, baseUrl, onProgress, onEvent, draw = "auto", nets = "auto" } = {}) {
    const portrait = new Ritratto();
    portrait.canvas = canvas ?? null;
    portrait.#url = new URL("worker.js", baseUrl ? new URL(baseUrl, document.baseURI) : import.meta.url);
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

  async setPhoto(photo) {
    const bytes = await bytesOf(photo, "photo");
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

  async drive(source, { at, loop } = {}) {
    this.#alive();
    const picture = await stillOf(source);
    if (picture) return this.#still(picture);
    if (typeof source === "string" || source instanceof Blob || isBytes(source)) {
      const motion = typeof source === "string" ? source : await bytesOf(source, "motion file");
      const seconds = await this.#call("startMotion", [motion, { at, loop }]);
      this.#follow(null, { source, at, loop });
      return { seconds };
    }
    const stream = typeof MediaStream !== "undefined" && source instanceof MediaStream;
    if (!stream && !(source instanceof HTMLVideoElement)) {
      throw new RitrattoError("driver", "A driver is a video element, a MediaStream, a single frame, a motion file or the name of a built-in motion.");
    }
    const video = stream ? await videoOf(source) : source;
    await whenReady(video);
    await this.#call("startLive");
    this.#follow(new FrameSource(video, (frame) => this.#send(frame)), { source });
    return {};
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
    if (this.#drive && !this.#held) {
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
    // A clip whose size changes under way cannot be played everywhere.
    const hold = (on) => this.#call("hold", [on]).catch(() => {});
    const recording = new Recording(this.canvas, () => hold(false));
    hold(true);
    return recording;
  }

  recordMotion() {
    return recordMotion((name, args) => this.#call(name, args));
  }

  async stop() {
    this.#follow(null, null);
    this.#motion = null;
    await this.#call("rest");
  }

  async statistics() {
    return this.#call("statistics");
  }

  dispose() {
    this.#disposed = true;
    this.#frames?.stop();
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
    const link = new Link(this.#url, (event) => this.#hear(event), (error) => this.#crashed(link, error));
    this.#link = link;
    const canvas = this.canvas?.transferControlToOffscreen();
    const { motions, expressionNames, times } = await link.call("create", [{ canvas, draw: this.#draw, nets: this.#nets }], canvas ? [canvas] : []);
    this.motions = motions;
    this.expressionNames = expressionNames;
    performance.mark("ritratto-ready", { detail: times });
  }

  #hear({ event, ...more }) {
    if (event === "progress") {
      this.#onProgress(more);
    } else if (event === "frame") {
      const before = this.#motion;
      this.#motion = more.motion;
      if (!before) performance.mark("ritratto-first-frame");
      if ((before?.face ?? true) !== more.motion.face) this.#onEvent({ type: "face", visible: more.motion.face });
      this.#onEvent({ type: "frame", motion: more.motion });
    } else if (event === "error") {
      const error = new RitrattoError(more.code, more.message);
      if (more.code === "gpu") this.#crashed(this.#link, error);
      else this.#onEvent({ type: "error", error });
    } else {
      this.#onEvent({ type: event, ...more });
    }
  }

  #follow(frames, drive) {
    this.#frames?.stop();
    this.#frames = frames;
    this.#drive = drive;
    this.#release();
    frames?.pause(this.#paused);
  }

  /** Tells worker and frames whether the driver waits. */
  async #halt() {
    const on = this.#paused || this.#held;
    const told = this.#call("pause", [on]);
    this.#frames?.pause(on);
    await told;
  }

  /** An expression set by hand gives way to the driver. */
  #release() {
    this.#expression = null;
    if (!this.#held) return;
    this.#held = false;
    this.#halt().catch(() => {});
  }

  async #still(picture) {
    if (this.#drive?.source !== "still") {
      await this.#call("startLive");
      this.#follow(null, { source: "still" });
    }
    this.#release();
    return { motion: await this.#call("frame", [picture], [picture]) };
  }

  async #send(frame) {
    try {
      await this.#call("frame", [frame], [frame]);
    } catch (error) {
      if (error.code === "disposed" || error.code === "crashed") return;
      this.#hear({ event: "error", code: error.code, message: error.message });
    }
  }

  /** Puts a new worker in the place of one that stopped, with the photo and the driver it had. */
  async #crashed(link, error) {
    if (link !== this.#link || this.#disposed) return;
    const now = performance.now();
    this.#restarts = this.#restarts.filter((time) => now - time < PEACE);
    const give = this.motions.length === 0 || this.#restarts.length >= RESTARTS;
    this.#restarts.push(now);
    link.close(error);
    if (give) {
      this.#onEvent({ type: "error", error });
      return;
    }
    const [drive, expression] = [this.#drive, this.#expression];
    this.#follow(null, null);
    if (this.canvas) {
      const fresh = this.canvas.cloneNode();
      this.canvas.replaceWith(fresh);
      this.canvas = fresh;
    }
    this.#onEvent({ type: "restart", error, canvas: this.canvas });
    try {
      await this.#start();
      await this.options(this.#values);
      await this.setTransfer(this.#transfer);
      if (this.#photo) await this.setPhoto(this.#photo);
      if (drive && drive.source !== "still") await this.drive(drive.source, drive);
      if (expression && this.#photo) await this.setExpression(expression);
      await this.#halt();
    } catch (again) {
      if (again.code !== "crashed") this.#onEvent({ type: "error", error: RitrattoError.from(again) });
    }
  }
}
