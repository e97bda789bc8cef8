// Grabs frames of a video or a camera on the main thread: the newest wins, one is under way at most.

import { RitrattoError } from "./error.js";

const UNDECODABLE =
  "The browser cannot play this video. Use an MP4 (H.264) or WebM file, or convert it with another program first.";

/** Resolves when the video has a picture. */
export function whenReady(video) {
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
    const stop = () => {
      video.removeEventListener("loadeddata", look);
      video.removeEventListener("resize", look);
      video.removeEventListener("error", fail);
    };
    video.addEventListener("loadeddata", look);
    video.addEventListener("resize", look);
    video.addEventListener("error", fail);
    look();
  });
}

/** A muted video element that shows a stream. */
export async function videoOf(stream) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play().catch(() => {});
  return video;
}

export class FrameSource {
  #video;
  #send;
  #busy = false;
  #missed = false;
  #stopped = false;
  #paused = false;
  #last = -1;

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: VideoFrame | ImageBitmap) => Promise<unknown>} send resolves when the frame was used
   */
  constructor(video, send) {
    this.#video = video;
    this.#send = send;
    this.#wait();
  }

  pause(on) {
    this.#paused = on;
    if (!on) this.#grab();
  }

  stop() {
    this.#stopped = true;
  }

  #wait() {
    if (this.#stopped) return;
    const next = () => {
      this.#grab();
      this.#wait();
    };
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
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
      await this.#send(await picture(video));
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
