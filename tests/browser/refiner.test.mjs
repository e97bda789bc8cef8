// The refiner on the page: fetched when it is wanted, before and after, and a model that cannot be used.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { bytes, psnr, small } from "./assets.mjs";
import { SLOW, frames, notice, open, playing, root, savedFrame, sharedPage, smallSample, until } from "./harness.mjs";

const timeout = 2 * SLOW;
const MODEL = "refiner.safetensors";
let page;
const fetched = [];
const shared = sharedPage(() => ({ sample: small() }), (opened) => {
  page = opened;
  page.context().on("request", (request) => request.url().endsWith(MODEL) && fetched.push(request.url()));
});

const refined = () => until(page, async () => (await globalThis.ritratto.statistics()).refined);
const geometry = () => until(page, async () => !(await globalThis.ritratto.statistics()).refined);
const express = (expression) => page.evaluate((value) => globalThis.ritratto.setExpression(value), expression);

test("a switch repairs an open mouth, and a held key shows it without", { timeout }, async () => {
  await express({ coefficients: { jawOpen: 0.5, eyeBlinkLeft: 0.8 } });
  const plain = await savedFrame(page);
  assert.deepEqual(fetched, [], "the model is fetched before anybody wants it");
  await page.locator("#refine").selectOption("on");
  await refined();
  assert.equal(fetched.length, 1);
  const repaired = await savedFrame(page);
  const change = psnr(bytes("plain.png", plain), bytes("repaired.png", repaired));
  assert.ok(change > 20 && change < 50, `the refiner changes the picture by ${change} dB`);
  await page.keyboard.down("g");
  await geometry();
  assert.equal(await page.locator("#compare").getAttribute("aria-pressed"), "true");
  assert.deepEqual(await savedFrame(page), plain);
  await page.keyboard.up("g");
  await refined();
  assert.deepEqual(await savedFrame(page), repaired);
  assert.equal(fetched.length, 1);
});

test("it works in turns where that is asked for", { timeout }, async () => {
  const repaired = await savedFrame(page);
  await page.locator("#refine").selectOption("half");
  await until(page, async () => (await globalThis.ritratto.statistics()).interval === 2);
  assert.match(await page.locator("#tier").textContent(), /in turns/);
  // A face that holds still is repaired as ever, also in a frame that no net looks at.
  assert.deepEqual(await savedFrame(page), repaired);
  await page.evaluate(() => globalThis.ritratto.options({ mark: true }));
  assert.deepEqual(await savedFrame(page), repaired);
  await page.locator("#refine").selectOption("on");
  await until(page, async () => (await globalThis.ritratto.statistics()).interval === 1);
});

test("a face as the photo shows it is left alone", { timeout }, async () => {
  await express({});
  const repaired = await savedFrame(page);
  await page.locator("#refine").selectOption("off");
  await geometry();
  assert.deepEqual(await savedFrame(page), repaired);
});

test("software is not asked for more than it can do", { timeout }, async () => {
  await page.locator("#refine").selectOption("auto");
  await frames(page, 0);
  assert.equal(await page.evaluate(async () => (await globalThis.ritratto.statistics()).refined), false);
  const refused = page.evaluate(() => globalThis.ritratto.options({ refine: "always" }).catch(({ code }) => code));
  assert.equal(await refused, "option");
});

test("nothing went wrong beside, and nothing was asked of another server", () => {
  assert.deepEqual(shared.errors, []);
  assert.deepEqual(shared.foreign, []);
});

test("a damaged model is refused, and the portrait goes on without", { timeout }, async () => {
  const damaged = readFileSync(path.join(root, "pkg/models", MODEL));
  damaged[damaged.length - 9] ^= 1;
  const { page, context } = await open(shared.browser, shared.server.url, {
    prepare: async (page) => {
      await smallSample(small())(page);
      await page.context().route(`**/${MODEL}`, (route) => route.fulfill({ body: damaged }));
    },
  });
  await playing(page);
  await page.locator("#refine").selectOption("on");
  await notice(page, /refiner\.safetensors/);
  await frames(page, 2);
  assert.equal(await page.evaluate(async () => (await globalThis.ritratto.statistics()).refined), false);
  await context.close();
});
