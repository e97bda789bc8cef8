// The buttons that record: a clip of the portrait, and the driver's motion.

import { complain, dismiss, notify } from "./notice.js";
import { save } from "./page.js";

const $ = (id) => document.getElementById(id);
/** Time without frames, milliseconds, from which it counts as a pause; a motion file leaves pauses out. */
const PAUSE = 1000;

/** A button that starts a recording and, pressed again, ends it. */
class RecordButton {
  #button;
  #label;
  #end;
  #begin;
  #done;
  /** The recording under way, as a promise, or null. */
  #recording = null;

  /**
   * @param {HTMLButtonElement} button
   * @param {{end: string, begin: () => Promise<{stop(): Promise<Blob>}>, done: (blob: Blob | null) => void}} about
   *   label while it records; what starts a recording; what takes its file, or null where there is none
   */
  constructor(button, { end, begin, done }) {
    this.#button = button;
    this.#label = button.textContent;
    this.#end = end;
    this.#begin = begin;
    this.#done = done;
    button.onclick = () => (this.#recording ? this.stop() : this.#start());
  }

  async #start() {
    dismiss(this.#button.id);
    const recording = this.#begin();
    this.#show(recording);
    try {
      await recording;
    } catch (error) {
      if (this.#recording === recording) this.#show(null);
      complain(error, this.#button.id);
    }
  }

  /** Ends the recording, if there is one, and hands its file over. Returns whether there was a file. */
  async stop() {
    // A recording that did not start has shown its error already.
    const recording = this.#recording?.catch(() => null);
    this.#show(null);
    const started = await recording;
    if (!started) return false;
    try {
      this.#done(await started.stop());
      return true;
    } catch (error) {
      this.#done(null);
      complain(error, this.#button.id);
      return false;
    }
  }

  /** Forgets a recording that is lost. Returns whether there was one. */
  drop() {
    const lost = this.#recording !== null;
    this.#show(null);
    return lost;
  }

  #show(recording) {
    this.#recording = recording;
    this.#button.setAttribute("aria-pressed", String(recording !== null));
    this.#button.textContent = recording ? this.#end : this.#label;
  }
}

/** Records clips of the portrait. */
export class ClipRecorder {
  #button;

  /** @param {import("./pkg/index.js").Ritratto} portrait */
  constructor(portrait) {
    this.#button = new RecordButton($("record"), {
      end: "Stop recording",
      begin: async () => portrait.record(),
      done: (blob) => blob && save(blob, blob.type === "video/mp4" ? "ritratto.mp4" : "ritratto.webm"),
    });
  }

  /** The worker stopped, and nothing more is drawn on the canvas that is recorded: what came before is saved. */
  async cut() {
    if (await this.#button.stop()) notify("The clip ended early, when the portrait stopped. What came before is saved.", { key: "record", stay: true });
  }
}

/** Records what a webcam or a video does, as a motion file. */
export class MotionRecorder {
  #button;
  /** When the last frame came and how long the motion is, milliseconds; null while nothing is recorded. */
  #clock = null;

  /** @param {import("./pkg/index.js").Ritratto} portrait */
  constructor(portrait) {
    this.#button = new RecordButton($("record-motion"), {
      end: "Stop",
      begin: async () => {
        const recording = await portrait.recordMotion();
        this.#clock = { last: Number.NEGATIVE_INFINITY, length: 0 };
        this.#say("Recording the motion:");
        this.#tick();
        return recording;
      },
      done: (blob) => {
        const seconds = (this.#clock?.length ?? 0) / 1000;
        this.#clock = null;
        this.#say(blob ? `Saved as motion.rmotion, ${seconds.toFixed(1)} s.` : "");
        if (blob) save(blob, "motion.rmotion");
      },
    });
  }

  /** Whether there is a live driver; a recording ends with its driver. */
  set live(on) {
    $("record-motion").disabled = !on;
    if (!on) this.#button.stop();
  }

  /** A frame of the driver came. */
  frame() {
    if (!this.#clock) return;
    const now = performance.now();
    const step = now - this.#clock.last;
    this.#clock.last = now;
    if (step <= PAUSE) this.#clock.length += step;
    this.#tick();
  }

  /** The worker stopped, and with it what it recorded. */
  lost() {
    this.#clock = null;
    if (this.#button.drop()) this.#say("The recording of the motion is lost.");
  }

  #say(note) {
    $("motion-note").textContent = note;
    $("motion-seconds").textContent = "";
  }

  #tick() {
    $("motion-seconds").textContent = `${Math.floor(this.#clock.length / 1000)} s`;
  }
}
