// Records the canvas with the browser's own encoder, and the driver's motion in the worker.

import { RitrattoError } from "./error.js";

const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
/** Bits a second and pixel: sharp hair at 30 frames a second without huge files. */
const BITS_A_PIXEL = 6;

/** A recording under way. */
export class Recording {
  #recorder;
  #parts = [];
  #done;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} onEnd runs once it is over
   */
  constructor(canvas, onEnd) {
    const kind = globalThis.MediaRecorder && KINDS.find((name) => MediaRecorder.isTypeSupported(name));
    if (!kind || !canvas.captureStream) {
      throw new RitrattoError("recording", "This browser cannot record a clip. Save single frames, or use another browser.");
    }
    const stream = canvas.captureStream(30);
    this.#recorder = new MediaRecorder(stream, {
      mimeType: kind,
      videoBitsPerSecond: Math.round(canvas.width * canvas.height * BITS_A_PIXEL),
    });
    this.#recorder.ondataavailable = ({ data }) => this.#parts.push(data);
    this.#done = new Promise((resolve, reject) => {
      this.#recorder.onstop = () => resolve();
      this.#recorder.onerror = ({ error }) =>
        reject(new RitrattoError("recording", `The clip cannot be recorded (${error?.message ?? "encoder failed"}).`));
    });
    this.#done.catch(() => {}).then(onEnd);
    this.#recorder.start(1000);
  }

  /** Ends the recording. @returns {Promise<Blob>} a WebM or MP4 file */
  async stop() {
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    await this.#done;
    for (const track of this.#recorder.stream.getTracks()) track.stop();
    return new Blob(this.#parts, { type: this.#recorder.mimeType.split(";")[0] });
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
