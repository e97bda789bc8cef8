// The driver that somebody chooses while the portrait is still loading: it is what the portrait starts with.

const buttons = [...document.querySelectorAll("[data-driver]")];
const input = document.getElementById("driver-file");

export class EarlyChoice {
  /** Starts what was chosen, given the driver's pane; null while nothing was. */
  #wanted = null;

  constructor() {
    for (const button of buttons) {
      button.onclick = () => {
        if (button.dataset.driver === "file") input.click();
        else this.#choose(button.dataset.driver, () => button.click());
      };
    }
    input.onchange = () => {
      if (input.files[0]) this.file(input.files[0]);
      input.value = "";
    };
  }

  /** A video or a motion file. */
  file(file) {
    this.#choose("file", (driver) => driver.file(file));
  }

  /** Starts what was chosen, or else what `usual` starts. @param {import("./driver.js").DriverPane} driver */
  async start(driver, usual) {
    await (this.#wanted ?? usual)(driver);
  }

  #choose(kind, start) {
    this.#wanted = start;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.driver === kind));
  }
}
