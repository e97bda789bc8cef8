// Nets on several threads: where the page may have them, and what happens where it may not.

import assert from "node:assert/strict";
import os from "node:os";
import { test } from "node:test";
import { small } from "./assets.mjs";
import { SLOW, frames, open, playing, sharedBrowser, smallSample } from "./harness.mjs";

const timeout = 2 * SLOW;
const shared = sharedBrowser();
/** How a browser on this machine runs nets where it may have threads. */
const threads = Math.min(4, os.availableParallelism());
const wanted = threads > 1 ? new RegExp(`nets on the CPU, on ${threads} threads$`) : /nets on the CPU$/;

/** Opens the page, waits for some frames, and asks what the nets run on. */
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
  await context.close();
  return { device, isolated, errors };
}

test("a cross-origin isolated page runs nets on as many threads as there are, up to four", { timeout }, async () => {
  const { device, isolated, errors } = await nets();
  assert.ok(isolated);
  assert.match(device, wanted);
  assert.deepEqual(errors, []);
});

test("any other page runs them on one", { timeout }, async () => {
  const { device, isolated, errors } = await nets((page) =>
    page.route(`${shared.server.url}?draw=cpu`, async (route) => {
      const response = await route.fetch();
      const { "cross-origin-opener-policy": _, "cross-origin-embedder-policy": __, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    }),
  );
  assert.ok(!isolated);
  assert.match(device, /nets on the CPU$/);
  assert.deepEqual(errors, []);
});

test("where the threads' module cannot be had, one does", { timeout }, async () => {
  const { device } = await nets((page) => page.context().route("**/ritratto_nets*", (route) => route.abort()));
  assert.match(device, /nets on the CPU$/);
});
