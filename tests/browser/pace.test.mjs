// When nets are helped by other threads: the choice alone, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../www/package/pace.js";

/** Share of the last of so many runs that were helped; `time` says how long each takes. */
function helped(pace, time, runs = 400, last = 100) {
  const chosen = Array.from({ length: runs }, (_, run) => {
    const helped = pace.choose();
    pace.took(time(helped, run));
    return helped;
  });
  return chosen.slice(-last).filter(Boolean).length / last;
}

test("what takes less is done mostly, and the other is tried now and then", () => {
  const share = helped(new Pace(), (helped) => (helped ? 6 : 10));
  assert.ok(share > 0.9 && share < 1, `${share}`);
  const other = helped(new Pace(), (helped) => (helped ? 12 : 10));
  assert.ok(other > 0 && other < 0.1, `${other}`);
});

test("slow first runs and single late ones do not count", () => {
  const first = helped(new Pace(), (helped, run) => (run < 8 ? 100 - 10 * helped : helped ? 6 : 10), 60, 40);
  assert.ok(first > 0.9, `${first}`);
  const late = helped(new Pace(), (helped, run) => (run % 4 === 1 ? 80 : helped ? 6 : 10));
  assert.ok(late > 0.85, `${late}`);
});

test("it changes with the load, both ways", () => {
  const pace = new Pace();
  assert.ok(helped(pace, (helped) => (helped ? 6 : 10)) > 0.9);
  assert.ok(helped(pace, (helped) => (helped ? 25 : 12)) < 0.1);
  assert.ok(helped(pace, (helped) => (helped ? 6 : 10)) > 0.9);
});
