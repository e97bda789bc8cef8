// A GPU that takes seconds for a frame: software that plays one, which nobody would choose.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOW, frames, open, playing, sharedBrowser } from "./harness.mjs";

const shared = sharedBrowser();

test("the page still draws while a slow GPU draws the portrait", { timeout: 3 * SLOW }, async () => {
  const { page, context } = await open(shared.browser, `${shared.server.url}?draw=gpu`);
  await playing(page);
  await page.evaluate(() => {
    globalThis.page = { drawn: 0, since: performance.now() };
    const drawn = () => {
      globalThis.page.drawn++;
      requestAnimationFrame(drawn);
    };
    requestAnimationFrame(drawn);
  });
  await frames(page, 5);
  const share = await page.evaluate(() => globalThis.page.drawn / (((performance.now() - globalThis.page.since) / 1000) * 60));
  console.log(`the page draws ${(100 * share).toFixed(0)} % of 60 frames a second`);
  // Without a pause between the portrait's frames it is 1 %.
  assert.ok(share > 0.05, `the page draws ${(100 * share).toFixed(1)} % of 60 frames a second`);
  await context.close();
});
