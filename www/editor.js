// The expression editor: sliders and presets that set the portrait's face by hand.

import { Draft, asExpression } from "./draft.js";
import { GROUPS, PRESETS, SLIDERS, faceOf, words } from "./expression.js";
import { complain, dismiss } from "./notice.js";
import { save, title } from "./page.js";
import { Slider, group } from "./slider.js";

const $ = (id) => document.getElementById(id);

export class Editor {
  #portrait;
  #draft = null;
  #sliders = new Map();
  #open = false;

  /** @param {import("./pkg/index.js").Ritratto} portrait */
  constructor(portrait) {
    this.#portrait = portrait;
    for (const about of SLIDERS) {
      const slider = new Slider(about, {
        words: (value) => words(about, value),
        onMove: (value) => this.#change(() => this.#draft.move(about, value)),
        onReset: () => this.#change(() => this.#draft.reset(about), `${about.label}: as in the photo.`),
      });
      this.#sliders.set(about, slider);
    }
    $("editor-sliders").replaceChildren(
      ...GROUPS.map((about) => group(about.title, about.sliders.map((slider) => this.#sliders.get(slider)))),
    );
    $("presets").replaceChildren(...Object.keys(PRESETS).map((name) => this.#presetButton(name)));
    $("editor-reset").onclick = () => this.#change(() => this.#draft.reset(), "The photo's own expression is back.");
    $("editor-motion").onclick = () => this.#asMotion().catch((error) => complain(error, "editor"));
  }

  /** Starts from a photo that shows these coefficients. */
  photo(coefficients) {
    this.#draft = new Draft(faceOf(this.#portrait.expressionNames, coefficients));
    for (const [about, slider] of this.#sliders) slider.mark = this.#draft.own(about);
    $("editor-note").textContent = "";
    this.#show();
  }

  /** Shows the sliders, and draws what they say. */
  async open() {
    this.#open = true;
    this.#show();
    await this.#portrait.setExpression(asExpression(this.#draft.face));
  }

  /** The portrait is someone else's now. */
  close() {
    this.#open = false;
    dismiss("editor");
  }

  #presetButton(name) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: title(name) });
    button.dataset.preset = name;
    button.onclick = () => this.#change(() => this.#draft.preset(name), `Preset: ${name}.`);
    return button;
  }

  #change(work, note = "") {
    if (!this.#draft) return;
    work();
    $("editor-note").textContent = note;
    this.#show();
    if (this.#open) this.#portrait.setExpression(asExpression(this.#draft.face)).catch((error) => complain(error, "editor"));
  }

  #show() {
    for (const [about, slider] of this.#sliders) slider.show(this.#draft.value(about), !this.#draft.isOwn(about));
  }

  async #asMotion() {
    const bytes = await this.#portrait.expressionAsMotion(asExpression(this.#draft.face));
    save(new Blob([bytes]), "expression.rmotion");
    $("editor-note").textContent = "Saved as expression.rmotion.";
  }
}
