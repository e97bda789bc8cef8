// Nets and drawing on several threads: where the page may have them, and what happens where it may not.

import assert from "node:assert/strict";
import os from "node:os";
import { test } from "node:test";
import { small } from "./assets.mjs";
import { SLOW, frames, notice, open, playing, savedFrame, sharedBrowser, smallSample } from "./harness.mjs";

const timeout = 2 * SLOW;
const shared = sharedBrowser();
/** How a browser on this machine runs nets where it may have threads. */
const threads = Math.min(4, os.availableParallelism());
const wanted = threads > 1 ? new RegExp(`nets on the CPU, on ${threads} threads$`) : /nets on the CPU$/;

/** Opens the page, waits for some frames, and asks what the nets run on, and what two expressions look like. */
async function nets(more = async () => {}) {
  const prepare = async (page) => {
    await smallSample(small())(page);
    await more(page);
  };
  const { page, context, errors } = await open(shared.browser, `${shared.server.url}?draw=cpu`, { prepare });
  await playing(page);
  await frames(page, 3);
  const { device } = await page.evaluate(() => globalThis.ritratto.statistics());
  const isolated = await page.evaluate(() => crossOriginIsolated);
  const pictures = [];
  for (const jawOpen of [0.1, 0.6]) {
    await page.evaluate((jawOpen) => globalThis.ritratto.setExpression({ coefficients: { jawOpen, eyeBlinkLeft: 0.7 }, yaw: 12 }), jawOpen);
    pictures.push(await savedFrame(page));
  }
  await context.close();
  return { device, isolated, errors, pictures };
}

/** Without threads: the page says that it is not isolated. */
const alone = (page) =>
  page.route(`${shared.server.url}?draw=cpu`, async (route) => {
    const response = await route.fetch();
    const { "cross-origin-opener-policy": _, "cross-origin-embedder-policy": __, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });

test("a cross-origin isolated page runs nets on as many threads as there are, up to four", { timeout }, async () => {
  const { device, isolated, errors } = await nets();
  assert.ok(isolated);
  assert.match(device, wanted);
  assert.deepEqual(errors, []);
});

test("any other page runs them on one", { timeout }, async () => {
  const { device, isolated, errors, pictures } = await nets(alone);
  assert.ok(!isolated);
  assert.match(device, /nets on the CPU$/);
  assert.deepEqual(errors, []);
  // What several threads draw is the same to the last bit.
  const together = await nets();
  assert.ok(pictures.every((picture, k) => picture.equals(together.pictures[k])));
  assert.ok(!pictures[0].equals(pictures[1]));
});

test("a page that is isolated needs the header on the worker's folder too, and the portrait does not wait for ever", { timeout }, async () => {
  const prepare = (page) =>
    page.context().route("**/pkg/worker.js", async (route) => {
      const response = await route.fetch();
      const { "cross-origin-embedder-policy": _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
  const { page, context } = await open(shared.browser, shared.server.url, { prepare });
  assert.match(await notice(page, /worker/), /The worker .*pkg\/worker\.js cannot be loaded/);
  await context.close();
});

test("where the threads' module cannot be had, one does", { timeout }, async () => {
  const { device } = await nets((page) => page.context().route("**/ritratto_threads*", (route) => route.abort()));
  assert.match(device, /nets on the CPU$/);
});
