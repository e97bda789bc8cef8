// An expression set by hand: what it may be, and how it lies over the photo's own.

import { RitrattoError } from "./error.js";

const refuse = (message) => new RitrattoError("option", message);

/**
 * A copy of `expression` with all its parts; throws where one cannot be used.
 * @param {{coefficients?: ArrayLike<number> | Record<string, number>, yaw?: number, pitch?: number, roll?: number}} expression
 * @param {readonly string[]} names of all coefficients, in their order
 */
export function checkedExpression(expression, names) {
  const { coefficients = {}, yaw = 0, pitch = 0, roll = 0, ...more } = expression;
  for (const name of Object.keys(more)) throw refuse(`An expression has no "${name}".`);
  for (const angle of [yaw, pitch, roll]) {
    if (!Number.isFinite(angle)) throw refuse("Yaw, pitch and roll are numbers, in degrees.");
  }
  const whole = Array.isArray(coefficients) || ArrayBuffer.isView(coefficients);
  if (whole && coefficients.length !== names.length) {
    throw refuse(`An expression has ${names.length} coefficients, not ${coefficients.length}.`);
  }
  for (const [name, value] of whole ? names.map((name, index) => [name, coefficients[index]]) : Object.entries(coefficients)) {
    if (!names.includes(name)) throw refuse(`There is no coefficient "${name}".`);
    if (!Number.isFinite(value)) throw refuse(`The coefficient "${name}" is a number from 0 to 1.`);
  }
  return { coefficients: whole ? Float32Array.from(coefficients) : { ...coefficients }, yaw, pitch, roll };
}

/**
 * All coefficients of a checked expression; those that it does not name are the photo's own.
 * @returns {Float32Array}
 */
export function overOwn(own, coefficients, names) {
  if (ArrayBuffer.isView(coefficients)) return coefficients;
  const all = Float32Array.from(own);
  for (const [name, value] of Object.entries(coefficients)) all[names.indexOf(name)] = value;
  return all;
}
