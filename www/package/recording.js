// Records the canvas with the browser's own encoder, and the driver's motion in the worker.

import { RitrattoError } from "./error.js";

const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const INSTEAD = "Save single frames, or use another browser.";
/** Frames a second at most. */
const RATE = 30;
/** Bits a second and pixel: sharp hair at 30 frames a second without huge files. */
const BITS_A_PIXEL = 6;
/**
 * Identifier of the element of a Matroska file that holds frames. Tags go before the first one, where players look for
 * them.
 */
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
/** The first of these elements begins within this many bytes of the file's beginning. */
const BEGINNING = 65536;

/** What a canvas shows, as a stream. */
class Capture {
  /** @type {MediaStream} */
  stream;
  /** The request for the page's frame that is copied next, where frames are copied. */
  #request = 0;

  constructor(canvas) {
    try {
      this.stream = canvas.captureStream(RATE);
    } catch {
      // Firefox captures no canvas that a worker draws on, but lets it be drawn on one of the page's own.
      this.#copy(canvas);
    }
  }

  end() {
    cancelAnimationFrame(this.#request);
    for (const track of this.stream.getTracks()) track.stop();
  }

  #copy(canvas) {
    const { width, height } = canvas;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context.drawImage(canvas, 0, 0);
    // A portrait covers all of its canvas, so a transparent pixel means that nothing was copied and the clip would be
    // empty.
    if (context.getImageData(width >> 1, height >> 1, 1, 1).data[3] === 0) throw new Error("the canvas is empty");
    this.stream = context.canvas.captureStream(RATE);
    const next = () => {
      context.drawImage(canvas, 0, 0);
      this.#request = requestAnimationFrame(next);
    };
    next();
  }
}

/** A recording under way. */
class Recording {
  #recorder;
  #parts = [];
  #done;
  #tags;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Record<string, Uint8Array>} tags for each type of clip, the tags that say that it is AI-animated
   * @param {() => void} onEnd runs once it is over
   * @throws {RitrattoError} "recording"
   */
  constructor(canvas, tags, onEnd) {
    this.#tags = tags;
    const kind = globalThis.MediaRecorder && KINDS.find((name) => MediaRecorder.isTypeSupported(name));
    if (!kind || !canvas.captureStream) {
      throw new RitrattoError("recording", `This browser cannot record a clip. ${INSTEAD}`);
    }
    let capture;
    try {
      capture = new Capture(canvas);
      this.#recorder = new MediaRecorder(capture.stream, {
        mimeType: kind,
        videoBitsPerSecond: Math.round(canvas.width * canvas.height * BITS_A_PIXEL),
      });
      this.#recorder.start(1000);
    } catch (error) {
      capture?.end();
      throw new RitrattoError("recording", `This browser cannot record a clip of the portrait (${error.message}). ${INSTEAD}`);
    }
    this.#recorder.ondataavailable = ({ data }) => this.#parts.push(data);
    this.#done = new Promise((resolve, reject) => {
      this.#recorder.onstop = () => resolve();
      this.#recorder.onerror = ({ error }) =>
        reject(new RitrattoError("recording", `The clip cannot be recorded (${error?.message ?? "encoder failed"}).`));
    });
    this.#done
      .catch(() => {})
      .then(() => {
        capture.end();
        onEnd();
      });
  }

  /** Ends the recording, if it has not ended. @returns {Promise<Blob>} a WebM or MP4 file */
  async stop() {
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    await this.#done;
    return labelled(new Blob(this.#parts, { type: this.#recorder.mimeType.split(";")[0] }), this.#tags);
  }
}

/** The clip with the tags that say that it is AI-animated, for those who show or share it. */
async function labelled(clip, tags) {
  let at = clip.size;
  if (clip.type === "video/webm") {
    const bytes = new Uint8Array(await clip.slice(0, BEGINNING).arrayBuffer());
    at = bytes.findIndex((_, start) => CLUSTER.every((byte, k) => bytes[start + k] === byte));
  }
  // A clip without any frame gets no tags.
  if (at < 0 || !tags[clip.type]) return clip;
  return new Blob([clip.slice(0, at), tags[clip.type], clip.slice(at)], { type: clip.type });
}

/** The clips that are recorded now. */
export class Clips {
  #running = new Set();
  #hold;

  /** @param {(on: boolean) => void} hold keeps what is drawn: a clip whose size changes under way cannot be played everywhere */
  constructor(hold) {
    this.#hold = hold;
  }

  record(canvas, tags) {
    const clip = new Recording(canvas, tags, () => {
      this.#running.delete(clip);
      this.hold();
    });
    this.#running.add(clip);
    this.hold();
    return clip;
  }

  /** Has the tier kept as long as a clip is recorded, and let go after that. */
  hold() {
    this.#hold(this.#running.size > 0);
  }

  /** Ends all clips, because their canvas goes away. Each keeps what it has so far for its own stop(). */
  end() {
    for (const clip of this.#running) clip.stop().catch(() => {});
    this.#running.clear();
  }
}

let motions = 0;

/** Records the driver's motion; `call` calls the worker. A new recording takes the place of the one before. */
export async function recordMotion(call) {
  const number = ++motions;
  await call("recordMotion", [number]);
  return {
    async stop() {
      return new Blob([await call("stopMotion", [number])], { type: "application/octet-stream" });
    },
  };
}
