// The main thread's end of the worker: calls with answers, and events; and the canvas that it is given.

import { RitrattoError } from "./error.js";

const IN_USE = "This canvas is in use: it has a context, or belongs to another portrait. Give create() a new canvas.";

/** What a worker draws on a canvas with, if there is a canvas. */
export function handedOver(canvas) {
  try {
    return canvas?.transferControlToOffscreen();
  } catch (error) {
    throw error instanceof DOMException ? new RitrattoError("canvas", IN_USE) : error;
  }
}

export class Link {
  #worker;
  #waiting = new Map();
  #next = 1;
  #closed = null;

  /**
   * @param {URL} url of worker.js
   * @param {(event: object) => void} onEvent
   * @param {(error: RitrattoError) => void} onCrash the worker can do no more work
   */
  constructor(url, onEvent, onCrash) {
    this.#worker = new Worker(url, { type: "module", name: "ritratto" });
    this.#worker.onmessage = ({ data }) => {
      if (data.event === "crash") {
        onCrash(new RitrattoError("crashed", data.message));
      } else if (data.event) {
        onEvent(data);
      } else {
        this.#answer(data);
      }
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      onCrash(new RitrattoError("crashed", event.message || `The worker ${url} cannot be loaded.`));
    };
  }

  /** Calls a function of the worker; rejects with a RitrattoError. */
  call(name, args = [], transfer = []) {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, args }, transfer);
    });
  }

  /** Ends the worker; what waits for an answer gets `error`. */
  close(error) {
    this.#closed ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #answer({ id, result, error }) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) call?.reject(new RitrattoError(error.code, error.message));
    else call?.resolve(result);
  }
}
