// Named options: what there is, and whether a value can be one.

import { RitrattoError } from "./error.js";

/** How a driver's motion is carried over, as long as nobody says otherwise. */
export const TRANSFER = { mode: "absolute", expression: 1, pose: 1, eyes: 1, lips: 1, mirror: false };

const KINDS = { boolean: "true or false", number: "a number", string: "a text" };

/** Throws unless each of `values` has the name and the kind of one of `known`. */
export function checkOptions(values, known) {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(known, name)) throw new RitrattoError("option", `There is no option "${name}".`);
    const kind = typeof known[name];
    if (typeof value !== kind) throw new RitrattoError("option", `The option "${name}" is ${KINDS[kind]}.`);
  }
}
