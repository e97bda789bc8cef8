// Says what is drawn of a frame, and on what.

const note = document.getElementById("tier");

const SIZES = new Map([
  [1, "Drawn in full size"],
  [1.5, "Drawn at two thirds of its size to keep up"],
  [2, "Drawn at half its size to keep up"],
]);

/** @param {{refined: boolean, scale: number}} tier */
export function showTier({ refined, scale }) {
  note.textContent = `${SIZES.get(scale) ?? "Drawn smaller to keep up"}${refined ? ", mouth and eyes repaired" : ""}.`;
}

/** What the work runs on: the reader of the note learns it by pointing at it. */
export async function showDevice(portrait) {
  note.title = (await portrait.statistics()).device;
}
