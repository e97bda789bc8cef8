// From navigation to the first animated frame of the page as it is shipped, with an empty cache and a full one.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { playing, visit } from "../../tests/browser/harness.mjs";
import { spread, table } from "./tables.mjs";

const ROUNDS = 5;
/** A browser that was started has settled by then, milliseconds. */
const OPENED = 3000;
/** For so long the first page plays, milliseconds: browsers keep machine code once it no longer gets better. */
const VISIT = 6000;
/** By then nothing of a closed page is left in memory, milliseconds. */
const GONE = 2000;

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

/** Opens the page in a new tab, waits for its first animated frame and adds the parts until then to `times`. */
async function start(browser, url, times) {
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: "commit" });
  await playing(page);
  for (const [part, time] of Object.entries(await parts(page))) (times[part] ??= []).push(time);
  return page;
}

/**
 * Medians of the parts, cold and warm in turns. Cold is a visitor's first tab; warm is another one after that was closed, as a reload
 * would find compiled code in memory.
 */
export async function firstFrames(url, options) {
  const times = { cold: {}, warm: {} };
  for (let round = 0; round < ROUNDS; round++) {
    const folder = await mkdtemp(path.join(tmpdir(), "ritratto-visitor-"));
    const browser = await visit(folder, options);
    await sleep(OPENED);
    const page = await start(browser, url, times.cold);
    await sleep(VISIT);
    await page.close();
    await sleep(GONE);
    await start(browser, url, times.warm);
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
  const names = Object.keys(times.cold);
  const rows = Object.entries(times).map(([state, found]) => [`${state} cache`, ...names.map((name) => spread(summary(found[name])))]);
  return table(["", ...names], rows);
}
