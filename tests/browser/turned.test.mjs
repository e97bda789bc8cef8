// A photo of a turned face with glasses: what stands beside its outline is drawn over the head, on the GPU by a pipeline of its own.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { bytes, psnr } from "./assets.mjs";
import { SLOW, frames, open, playing, root, savedFrame, sharedBrowser } from "./harness.mjs";

const timeout = 2 * SLOW;
const shared = sharedBrowser();
const photo = path.join(root, "tests/fixtures/glasses.webp");

/** The face as it is in the photo, and turned back. */
async function drawn(by) {
  const prepare = (page) =>
    page.context().route("**/samples/asha.jpg", (route) => route.fulfill({ path: photo, contentType: "image/webp" }));
  const { page, context, errors } = await open(shared.browser, `${shared.server.url}?draw=${by}`, { prepare });
  await playing(page);
  await frames(page, 1);
  const pictures = [];
  for (const yaw of [0, -14]) {
    await page.evaluate((yaw) => globalThis.ritratto.setExpression({ coefficients: {}, yaw }), yaw);
    pictures.push(bytes(`${by}${yaw}.png`, await savedFrame(page)));
  }
  await context.close();
  assert.deepEqual(errors, []);
  return pictures;
}

test("the GPU draws a turned face with glasses as the CPU does", { timeout }, async () => {
  const [gpu, cpu] = [await drawn("gpu"), await drawn("cpu")];
  const moved = psnr(cpu[0], cpu[1]);
  assert.ok(moved < 25, `the head did not turn: ${moved} dB`);
  for (const k of [0, 1]) {
    const alike = psnr(gpu[k], cpu[k]);
    assert.ok(alike > 38, `${alike} dB between them`);
  }
});
