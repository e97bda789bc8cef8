// The driver's pane: built-in motion, webcam, video, motion file, or the editor's sliders.

import { drawFace } from "./face.js";
import { CAMERA_GONE, complain, dismiss, notify, openCamera } from "./notice.js";
import { title } from "./page.js";

const $ = (id) => document.getElementById(id);
const video = $("driver-video");
// Drawn on the CPU: on a slow GPU a canvas of its own would have the page wait, again and again, for the portrait's frames in the queue.
const face = $("driver-face").getContext("2d", { willReadFrequently: true });
const buttons = [...document.querySelectorAll("[data-driver]")];

/** Motion files; those of the first version, which were JSON, get a sentence from the core. */
export const isMotion = ({ name, type }) => /\.(rmotion|json)$/i.test(name) || type === "application/json";

export class DriverPane {
  #portrait;
  #editor;
  #onChange;
  #kind = "builtin";
  #stream = null;
  #url = null;
  /** Counts choices, so that a slow one that was replaced meanwhile is dropped. */
  #choice = 0;
  /** The motion to be drawn next as landmarks. */
  #motion = null;
  /** The page's animation frame that is requested for drawing it. */
  #due = null;

  /**
   * @param {import("./pkg/index.js").Ritratto} portrait
   * @param {import("./editor.js").Editor} editor
   * @param {(about: {live: boolean, edited: boolean}) => void} onChange when a driver goes, and after a new one has started
   */
  constructor(portrait, editor, onChange) {
    this.#portrait = portrait;
    this.#editor = editor;
    this.#onChange = onChange;
    $("builtin").replaceChildren(...portrait.motions.map((name) => new Option(title(name), name)));
    $("builtin").onchange = () => this.builtin($("builtin").value);
    $("driver-file").onchange = ({ target }) => {
      if (target.files[0]) this.file(target.files[0]);
      target.value = "";
    };
    for (const button of buttons) {
      button.onclick = () => {
        if (button.dataset.driver === "file") $("driver-file").click();
        else if (button.dataset.driver === "webcam") this.webcam();
        else if (button.dataset.driver === "editor") this.editor().then(() => button.scrollIntoView({ block: "nearest" }));
        else this.builtin($("builtin").value);
      };
    }
    $("mirror").onchange = () => this.#mirror($("mirror").checked);
    $("landmarks").onchange = () => this.draw(this.#portrait.motion());
  }

  /** Plays a built-in motion. */
  builtin(name) {
    return this.#start("builtin", async () => {
      $("builtin").value = name;
      await this.#portrait.drive(name);
    });
  }

  /** Follows the face in the camera's picture. */
  webcam() {
    return this.#start("webcam", async (current) => {
      const stream = await openCamera();
      if (!current()) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      // Tracks that this page stops itself do not fire this event.
      for (const track of stream.getVideoTracks()) {
        track.addEventListener("ended", () => current() && this.#fail(new Error(CAMERA_GONE), "webcam"));
      }
      video.srcObject = stream;
      await this.#mirror($("mirror").checked);
      await this.#play();
    });
  }

  /** Drives with a video or a motion file. */
  file(file) {
    const motion = isMotion(file);
    return this.#start(motion ? "motion" : "video", async () => {
      if (motion) {
        await this.#portrait.drive(file);
      } else {
        this.#url = URL.createObjectURL(file);
        video.src = this.#url;
        await this.#mirror(false);
        await this.#play();
      }
      $("file-note").textContent = file.name;
    });
  }

  /** Lets the sliders of the editor set the face. */
  editor() {
    return this.#start("editor", async (current) => {
      await this.#portrait.stop();
      if (current()) await this.#editor.open();
    });
  }

  /** Shows a frame's motion with the page's next frame: the newest, if several come before it. */
  draw(motion) {
    this.#motion = motion;
    this.#due ??= requestAnimationFrame(() => {
      this.#due = null;
      this.#drawNow();
    });
  }

  #drawNow() {
    const live = this.#live;
    const canvas = face.canvas;
    const [width, height] = live ? [video.videoWidth || 4, video.videoHeight || 3] : [500, 500];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    drawFace(face, live && !$("landmarks").checked ? undefined : this.#motion?.landmarks);
  }

  /** Halts a video file while the portrait is paused. */
  pause(on) {
    if (this.#kind !== "video") return;
    if (on) video.pause();
    else video.play().catch(() => {});
  }

  /** Whether frames of a face come in. */
  get #live() {
    return this.#kind === "webcam" || this.#kind === "video";
  }

  async #play() {
    video.play().catch(() => {});
    await this.#portrait.drive(video);
  }

  async #mirror(on) {
    video.classList.toggle("mirrored", on);
    await this.#portrait.options({ mirrored: on });
  }

  /** Counts a choice; tells whether it is still the newest. */
  #choose() {
    const choice = ++this.#choice;
    return () => choice === this.#choice;
  }

  async #start(kind, work) {
    const current = this.#choose();
    dismiss("driver");
    dismiss("face");
    this.#onChange({ live: false, edited: false });
    this.#release();
    this.#show(kind);
    try {
      await work(current);
      if (current()) this.#onChange({ live: this.#live, edited: kind === "editor" });
    } catch (error) {
      if (current()) await this.#fail(error, kind);
    }
  }

  /** The driver failed: says why, and goes on with what always works unless another one is chosen meanwhile. */
  async #fail(error, kind) {
    const current = this.#choose();
    complain(error, "driver");
    this.#onChange({ live: false, edited: false });
    this.#release();
    await this.#portrait.stop().catch(() => {});
    if (!current() || kind === "builtin") return;
    // Its last frames may have been without a face.
    dismiss("face");
    this.#show("builtin");
    await this.#portrait.drive($("builtin").value).catch((error) => complain(error));
  }

  /** Lets camera, file and editor go. */
  #release() {
    this.#editor.close();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    video.pause();
    video.srcObject = null;
    video.removeAttribute("src");
    video.load();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  #show(kind) {
    this.#kind = kind;
    const [live, edited] = [this.#live, kind === "editor"];
    const pressed = kind === "motion" || kind === "video" ? "file" : kind;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.driver === pressed));
    document.body.classList.toggle("editing", edited);
    $("editor").hidden = !edited;
    $("driver-frame").hidden = edited;
    $("transfer").hidden = edited;
    video.hidden = !live;
    $("builtin-field").hidden = kind !== "builtin";
    $("file-note").hidden = pressed !== "file";
    $("file-note").textContent = "";
    $("landmarks-field").hidden = !live;
    $("mirror-field").hidden = kind !== "webcam";
    this.draw(null);
  }

  /** Tells that the face left the picture, or came back. */
  face(visible) {
    if (visible) dismiss("face");
    else if (this.#kind !== "builtin" && this.#kind !== "editor") {
      notify("There is no face in the driver's picture. The portrait rests until it is back.", { key: "face", stay: true });
    }
  }
}
