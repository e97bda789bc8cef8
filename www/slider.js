// A slider with a label, its value in words, and a way back.

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export class Slider {
  /** What goes into the page. */
  element;
  #step;
  #input;
  #output;
  #undo;
  #words;

  /**
   * @param {{id: string, label: string, min: number, max: number, step: number}} about
   * @param {{words: (value: number) => string, onMove: (value: number) => void, onReset: () => void}} more
   */
  constructor({ id, label, min, max, step }, { words, onMove, onReset }) {
    const name = `slider-${id}`;
    this.#step = step;
    this.#words = words;
    this.#input = make("input", { type: "range", id: name, min, max, step });
    this.#input.setAttribute("list", `${name}-mark`);
    this.#output = make("output", { htmlFor: name });
    // The slider itself says its value; said twice it would only disturb.
    this.#output.setAttribute("aria-live", "off");
    this.#undo = make("button", { type: "button", className: "undo", textContent: "↺", title: `Reset: ${label}` });
    this.#undo.setAttribute("aria-label", `Reset: ${label}`);
    const mark = make("datalist", { id: `${name}-mark` }, make("option", {}));
    this.element = make(
      "div",
      { className: "slider" },
      make("label", { htmlFor: name, textContent: label }),
      this.#output,
      this.#input,
      this.#undo,
      mark,
    );
    this.#input.oninput = () => onMove(this.#input.valueAsNumber);
    const reset = () => {
      // The button is about to be disabled; the focus stays with the slider.
      this.#input.focus();
      onReset();
    };
    this.#undo.onclick = reset;
    this.#input.ondblclick = reset;
  }

  /** Where the mark stands: the value that a reset gives back. */
  set mark(value) {
    // A mark between two steps would not be drawn.
    this.element.querySelector("option").value = Number((Math.round(value / this.#step) * this.#step).toFixed(4));
  }

  /** Shows a value; `changed` if there is something to reset. */
  show(value, changed) {
    this.#input.value = value;
    const text = this.#words(value);
    this.#output.textContent = text;
    this.#input.setAttribute("aria-valuetext", text);
    this.#undo.disabled = !changed;
  }
}

/** A group of sliders under a legend. */
export function group(title, sliders) {
  const grid = make("div", { className: "sliders" }, ...sliders.map((slider) => slider.element));
  return make("fieldset", {}, make("legend", { textContent: title }), grid);
}
