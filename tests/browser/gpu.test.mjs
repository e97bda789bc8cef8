// The package on a GPU, here one in software: what a browser may refuse, and a GPU that goes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, small } from "./assets.mjs";
import { SLOW, frames, open, sharedBrowser, until } from "./harness.mjs";

const timeout = 4 * SLOW;
const shared = sharedBrowser();
let page;

/** A portrait, `ritratto`, on a page of its own, with its events; errors have their code. */
async function portrait(draw, nets) {
  const prepare = async (_, context) => {
    await context.route("**/given/face.jpg", (route) => route.fulfill({ path: sample("dario") }));
    await context.route("**/given/photo.jpg", (route) => route.fulfill({ path: small(180) }));
  };
  await page?.context().close();
  // A page of this origin without a script of its own.
  ({ page } = await open(shared.browser, `${shared.server.url}samples/CREDITS.md`, { prepare }));
  await page.evaluate(
    async (places) => {
      globalThis.events = [];
      const onEvent = ({ type, error }) => globalThis.events.push(error ? `${type}: ${error.code}: ${error.message}` : type);
      const canvas = document.createElement("canvas");
      document.body.replaceChildren(canvas);
      const { Ritratto } = await import("/pkg/index.js");
      globalThis.ritratto = await Ritratto.create({ canvas, ...places, onEvent });
      await ritratto.setPhoto("/given/photo.jpg");
    },
    { draw, nets },
  );
}

/** Kinds of events since the last call of this; errors with what they say. */
const heard = async () => [...new Set(await page.evaluate(() => globalThis.events.splice(0)))].sort();

test("what is drawn is told in turn with other calls", { timeout }, async () => {
  await portrait("gpu", "cpu");
  await page.evaluate(async () => {
    let done = false;
    // Others wait all the time while the refiner comes.
    const saves = Array.from({ length: 4 }, async () => {
      while (!done) await ritratto.saveFrame();
    });
    await ritratto.options({ refine: "on" });
    while (!(await ritratto.statistics()).refined);
    done = true;
    await Promise.all(saves);
  });
  assert.deepEqual(await heard(), ["tier"]);
});

test("a GPU that is lost while the portrait rests has the worker started again", { timeout }, async () => {
  await page.evaluate(async () => {
    await ritratto.options({ refine: "off" });
    await ritratto.setExpression({ yaw: 5 });
  });
  await heard();
  const session = await shared.browser.newBrowserCDPSession();
  await session.send("Browser.crashGpuProcess");
  await until(page, () => events.some((event) => /^restart: gpu: .*lost/.test(event)));
  // What is called now waits for the new worker, which has the photo.
  const bytes = await page.evaluate(async () => {
    await ritratto.setExpression({ yaw: 10 });
    return (await ritratto.saveFrame()).size;
  });
  assert.ok(bytes > 10_000);
  assert.deepEqual((await heard()).filter((event) => event.startsWith("error")), []);
});

test("a video drives where the browser copies no video frames to the GPU", { timeout }, async () => {
  await portrait("cpu", "gpu");
  await page.workers()[0].evaluate(() => {
    // As Firefox does it.
    const copy = GPUQueue.prototype.copyExternalImageToTexture;
    self.refused = 0;
    GPUQueue.prototype.copyExternalImageToTexture = function (source, ...more) {
      if (!(source.source instanceof VideoFrame)) return copy.call(this, source, ...more);
      self.refused++;
      throw new TypeError("'source' member of GPUCopyExternalImageSourceInfo could not be converted");
    };
  });
  await page.evaluate(async () => {
    const face = await createImageBitmap(await (await fetch("/given/face.jpg")).blob());
    const film = Object.assign(document.createElement("canvas"), { width: 240, height: 320 });
    const context = film.getContext("2d");
    setInterval(() => context.drawImage(face, 10 * Math.sin(performance.now() / 300), 0, 240, 320), 50);
    await ritratto.drive(film.captureStream());
  });
  await frames(page, 3);
  assert.ok(await page.evaluate(() => ritratto.motion().face));
  assert.deepEqual(await heard(), ["frame", "tier"]);
  // It is asked once, not for every frame.
  assert.equal(await page.workers()[0].evaluate(() => self.refused), 1);
});
