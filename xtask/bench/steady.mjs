// Many driven frames with every net on: what grows, and what is made anew.

import { counting, follow } from "../../tests/browser/counters.mjs";
import { open, playing, smallSample, until } from "../../tests/browser/harness.mjs";
import { small } from "../../tests/browser/assets.mjs";
import { table } from "./tables.mjs";

export async function steadiness(browser, url, frames) {
  let state;
  const { page, context } = await open(browser, url, {
    prepare: async (page) => {
      state = counting(page);
      await smallSample(small(180))(page);
    },
  });
  await playing(page);
  await page.evaluate(() => globalThis.ritratto.options({ refine: "on", size: "full" }));
  await until(page, async () => (await globalThis.ritratto.statistics()).refined);
  const found = [];
  let done = 0;
  for (const goal of [10, 40, ...[1, 2, 3, 4].map((quarter) => Math.round((frames * quarter) / 4))]) {
    await page.evaluate(follow, goal - done);
    done = goal;
    found.push({ driven: goal, ...(await state()) });
    console.log(JSON.stringify(found.at(-1)));
  }
  await context.close();
  const names = Object.keys(found[0]);
  return table(names, found.map((row) => names.map((name) => String(row[name]))));
}
