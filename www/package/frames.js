// The frames of a video or a camera.

import { RitrattoError } from "./error.js";

const UNDECODABLE =
  "The browser cannot play this video. Use an MP4 (H.264) or WebM file, or convert it with another program first.";

/** Resolves when the video has a picture, or when `signal` says that nobody waits for it any more. */
function whenReady(video, signal) {
  const refused = () => new RitrattoError("video", UNDECODABLE);
  if (video.error) return Promise.reject(refused());
  return new Promise((resolve, reject) => {
    const look = () => {
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      // A file that has only sound plays, but shows nothing.
      if (video.videoWidth === 0) reject(refused());
      else resolve();
      stop();
    };
    const fail = () => {
      reject(refused());
      stop();
    };
    const leave = () => {
      resolve();
      stop();
    };
    const stop = () => {
      signal.removeEventListener("abort", leave);
      video.removeEventListener("loadeddata", look);
      video.removeEventListener("resize", look);
      video.removeEventListener("error", fail);
    };
    video.addEventListener("loadeddata", look);
    video.addEventListener("resize", look);
    video.addEventListener("error", fail);
    signal.addEventListener("abort", leave);
    look();
  });
}

/** A muted video element that shows a stream. */
function videoOf(stream) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  video.play().catch(() => {});
  return video;
}

/** Frames of a video or a camera, one at a time. */
export class FrameSource {
  #video;
  /** Whether the video element was made here: the caller's own is left as it is. */
  #own;
  #send;
  #end = new AbortController();
  /** What has the next frame called for. */
  #request = 0;
  #busy = false;
  #missed = false;
  #paused = true;
  #last = -1;

  /**
   * Waits at first: see `ready` and `start`.
   * @param {HTMLVideoElement | MediaStream} source
   * @param {(frame: VideoFrame | ImageBitmap) => Promise<unknown>} send resolves when the frame was used
   */
  constructor(source, send) {
    this.#own = !(source instanceof HTMLVideoElement);
    this.#video = this.#own ? videoOf(source) : source;
    this.#send = send;
  }

  /** Resolves when there is a picture, or when this is stopped. */
  ready() {
    return whenReady(this.#video, this.#end.signal);
  }

  /** Looks for frames from now on; they are sent once it is not paused. */
  start() {
    if (this.#stopped) return;
    const next = () => {
      this.#grab();
      this.start();
    };
    if (this.#video.requestVideoFrameCallback) this.#request = this.#video.requestVideoFrameCallback(next);
    else this.#request = requestAnimationFrame(next);
  }

  pause(on) {
    this.#paused = on;
    if (!on) this.#grab();
  }

  stop() {
    this.#end.abort();
    if (this.#video.requestVideoFrameCallback) this.#video.cancelVideoFrameCallback(this.#request);
    else cancelAnimationFrame(this.#request);
    if (!this.#own) return;
    this.#video.pause();
    this.#video.srcObject = null;
  }

  get #stopped() {
    return this.#end.signal.aborted;
  }

  async #grab() {
    const video = this.#video;
    if (this.#stopped || this.#paused || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    if (this.#busy) {
      this.#missed = true;
      return;
    }
    // Without requestVideoFrameCallback the same picture comes more than once.
    if (!video.requestVideoFrameCallback && video.currentTime === this.#last) return;
    this.#last = video.currentTime;
    this.#busy = true;
    this.#missed = false;
    try {
      const frame = await picture(video);
      if (this.#stopped || this.#paused) frame.close();
      else await this.#send(frame);
    } catch {
      // The sender reports its own failures; a frame that cannot be grabbed is followed by the next.
    }
    this.#busy = false;
    if (this.#missed) this.#grab();
  }
}

async function picture(video) {
  if ("VideoFrame" in globalThis) {
    try {
      return new VideoFrame(video);
    } catch {
      // Some sources (protected or still empty ones) allow only the other way.
    }
  }
  return createImageBitmap(video);
}
