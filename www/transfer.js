// The panel that says how a driver's motion is carried over.

import { complain, dismiss } from "./notice.js";
import { Slider, group } from "./slider.js";

const $ = (id) => document.getElementById(id);
const modes = [...document.querySelectorAll("[name=transfer-mode]")];

const STRENGTHS = [
  { id: "expression", label: "Expression" },
  { id: "pose", label: "Head" },
  { id: "eyes", label: "Eyes" },
  { id: "lips", label: "Lips" },
].map((about) => ({ ...about, min: 0, max: 2, step: 0.05 }));

export class TransferPanel {
  #portrait;
  /** The options that a portrait starts with. */
  #usual;
  /** The options in force, as the portrait said last. */
  #force;
  /** The options that the panel shows: those in force, with the changes made since. */
  #shown;
  /** Counts the changes. Only the newest answer is shown, or a slider would jump back under the finger. */
  #set = 0;
  #sliders = new Map();

  /** @param {import("./pkg/index.js").Ritratto} portrait */
  constructor(portrait) {
    this.#portrait = portrait;
    for (const about of STRENGTHS) {
      const slider = new Slider(about, {
        words: (value) => `${value.toFixed(2)}×`,
        onMove: (value) => this.#change({ [about.id]: value }),
        onReset: () => this.#change({ [about.id]: this.#usual[about.id] }),
      });
      this.#sliders.set(about.id, slider);
    }
    $("transfer-strengths").replaceChildren(group("Strength", [...this.#sliders.values()]));
    for (const mode of modes) mode.onchange = () => this.#change({ mode: mode.value });
    $("transfer-mirror").onchange = () => this.#change({ mirror: $("transfer-mirror").checked });
    $("transfer-reset").onclick = () => this.#change(this.#usual);
  }

  /** Asks for the options in force and shows them. */
  async start() {
    this.#usual = this.#force = await this.#portrait.setTransfer({});
    for (const [id, slider] of this.#sliders) slider.mark = this.#usual[id];
    this.#show(this.#usual);
  }

  async #change(values) {
    dismiss("transfer");
    const number = ++this.#set;
    this.#show({ ...this.#shown, ...values });
    try {
      this.#force = await this.#portrait.setTransfer(values);
    } catch (error) {
      complain(error, "transfer");
    }
    if (number === this.#set) this.#show(this.#force);
  }

  #show(values) {
    this.#shown = values;
    for (const mode of modes) mode.checked = mode.value === values.mode;
    for (const [id, slider] of this.#sliders) slider.show(values[id], values[id] !== this.#usual[id]);
    $("transfer-mirror").checked = values.mirror;
  }
}
