// From navigation to the first animated frame of the page as it is shipped, with an empty cache and a full one.

import { open, playing } from "../../tests/browser/harness.mjs";
import { spread, table } from "./tables.mjs";

const ROUNDS = 5;

/** Milliseconds of each part of a start. */
async function parts(page) {
  const marks = await page.evaluate(() =>
    Object.fromEntries(performance.getEntriesByType("mark").map(({ name, startTime, detail }) => [name, { startTime, detail }])),
  );
  const [create, ready, photo, first] = ["create", "ready", "photo", "first-frame"].map((name) => marks[`ritratto-${name}`]);
  return {
    "to script": create.startTime,
    ...ready.detail,
    photo: photo.startTime - ready.startTime,
    "first frame": first.startTime - photo.startTime,
    "in all": first.startTime,
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: median(values), low: sorted[Math.floor(sorted.length / 4)], high: sorted[Math.ceil((3 * sorted.length) / 4) - 1] };
}

/** Medians of the parts, cold and warm in turns. */
export async function firstFrames(browser, url) {
  const times = { cold: {}, warm: {} };
  for (let round = 0; round < ROUNDS; round++) {
    const { page, context } = await open(browser, url);
    for (const state of ["cold", "warm"]) {
      if (state === "warm") await page.reload({ waitUntil: "commit" });
      await playing(page);
      for (const [part, time] of Object.entries(await parts(page))) (times[state][part] ??= []).push(time);
    }
    await context.close();
  }
  const names = Object.keys(times.cold);
  const rows = Object.entries(times).map(([state, found]) => [`${state} cache`, ...names.map((name) => spread(summary(found[name])))]);
  return table(["", ...names], rows);
}
