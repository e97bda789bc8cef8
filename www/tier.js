// Says what is drawn of a frame, and on what.

const note = document.getElementById("tier");

const SIZES = new Map([
  [1, "Drawn in full size"],
  [1.5, "Drawn at two thirds of its size to keep up"],
  [2, "Drawn at half its size to keep up"],
]);

const REPAIRS = ["", ", mouth and eyes repaired", ", mouth and eyes repaired in turns"];

/** @param {{interval: number, scale: number}} tier */
export function showTier({ interval, scale }) {
  note.textContent = `${SIZES.get(scale) ?? "Drawn smaller to keep up"}${REPAIRS[interval] ?? ""}.`;
}

/** What the work runs on: the reader of the note learns it by pointing at it. */
export async function showDevice(portrait) {
  note.title = (await portrait.statistics()).device;
}
