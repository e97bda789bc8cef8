// Sizes, times, memory, and the browser's render against the native one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { bytes, folder, psnr, sample, small } from "./assets.mjs";
import { counting, follow } from "./counters.mjs";
import { SLOW, frames, open, playing, root, savedFrame, sharedBrowser, smallSample, until } from "./harness.mjs";

const timeout = 10 * SLOW;
const megabytes = (file) => statSync(file).size / 1e6;
const pkg = path.join(root, "pkg");

const shared = sharedBrowser();

test("sizes", () => {
  const module = path.join(pkg, "ritratto_core_bg.wasm");
  const files = readdirSync(path.join(pkg, "models")).filter((name) => name.endsWith(".safetensors"));
  const models = files.filter((name) => name !== "refiner.safetensors");
  const figures = {
    "module, MB": megabytes(module),
    "module, brotli, MB": megabytes(`${module}.br`),
    "models before the first frame, MB": models.reduce((sum, name) => sum + megabytes(path.join(pkg, "models", name)), 0),
    "refiner, MB": megabytes(path.join(pkg, "models", "refiner.safetensors")),
  };
  console.table(figures);
  assert.ok(figures["models before the first frame, MB"] <= 6);
  assert.ok(figures["refiner, MB"] <= 8);
  // The quick build of development is not what is shipped.
  if (readFileSync(path.join(pkg, ".ritratto-built-from"), "utf8").endsWith("small")) assert.ok(figures["module, brotli, MB"] <= 2.5);
});

test("time from navigation to the first animated frame", { timeout }, async () => {
  const { page, context } = await open(shared.browser, shared.server.url);
  await playing(page);
  const marks = await page.evaluate(() =>
    Object.fromEntries(performance.getEntriesByType("mark").map(({ name, startTime, detail }) => [name, { startTime, detail }])),
  );
  const ready = marks["ritratto-ready"];
  console.table({
    "navigation to script, ms": Math.round(marks["ritratto-create"].startTime),
    "list and module, ms": Math.round(ready.detail.module),
    "what draws, ms": Math.round(ready.detail.gpu),
    "rest of the models and their check, ms": Math.round(ready.detail.models),
    "nets, ms": Math.round(ready.detail.nets),
    "photo, ms": Math.round(marks["ritratto-photo"].startTime - ready.startTime),
    "first frame, ms": Math.round(marks["ritratto-first-frame"].startTime - marks["ritratto-photo"].startTime),
    "in all, ms": Math.round(marks["ritratto-first-frame"].startTime),
  });
  console.log((await page.evaluate(() => globalThis.ritratto.statistics())).device);
  await context.close();
});

test("300 driven frames do not grow on a GPU", { timeout }, () => grows("gpu"));

test("300 driven frames do not grow without one", { timeout }, () => grows("cpu"));

/** Plays frames by numbers, by pictures and with every net, and looks for anything that was made meanwhile. */
async function grows(draw) {
  let state;
  const { page, context, errors, foreign } = await open(shared.browser, `${shared.server.url}?draw=${draw}`, {
    prepare: async (page) => {
      state = counting(page);
      await smallSample(small(180))(page);
    },
  });
  await playing(page);
  // A tier that changes makes other textures.
  await page.evaluate(() => globalThis.ritratto.options({ size: "full" }));
  const grown = ([before, after]) => {
    console.table([before, after]);
    for (const figure of ["wasm", "buffers", "textures", "made", "pipelines"]) assert.equal(after[figure], before[figure], figure);
  };
  await frames(page, 10);
  const played = [await state()];
  await frames(page, 300);
  played.push(await state());
  const counted = played[0].textures > 0 && played[0].pipelines > 0;
  assert.equal(counted, draw === "gpu", draw === "gpu" ? "nothing was counted" : "a GPU was used");
  grown(played);

  // Frames with the nets, from a picture of a face that moves.
  // The driver's neutral face is taken after the first second, which needs memory once.
  await page.evaluate(follow, 30);
  const followed = [await state()];
  await page.evaluate(follow, 40);
  followed.push(await state());
  grown(followed);

  // And with every net.
  await page.evaluate(() => globalThis.ritratto.options({ refine: "on" }));
  await until(page, async () => (await globalThis.ritratto.statistics()).refined);
  await page.evaluate(() => globalThis.ritratto.drive("laugh"));
  await frames(page, 30);
  const refined = [await state()];
  await frames(page, 40);
  refined.push(await state());
  grown(refined);
  assert.deepEqual(errors, []);
  assert.deepEqual(foreign, []);
  await context.close();
}

test("the browser draws on a GPU what the command line draws", { timeout }, () => agrees("gpu"));

test("the browser draws without one what the command line draws", { timeout }, () => agrees("cpu"));

/** Compares frames of the page with frames that the command line has drawn its own way. */
async function agrees(draw) {
  const program = process.env.RITRATTO_PROGRAM ?? path.join(root, "target/release/ritratto");
  assert.ok(existsSync(program), "build the command line first: cargo build --release");
  // Motions of one frame: nothing is smoothed, and both show the same moment.
  const moments = [1.5, 3.7, 5.9].map((from, index) => {
    const file = path.join(folder, `moment-${draw}-${index}.rmotion`);
    const part = ["--from", `${from}`, "--to", `${from + 0.03}`];
    execFileSync(program, ["track", "--driver", "builtin:talking", ...part, "--out", file], { stdio: "ignore" });
    return file;
  });

  const { page, context } = await open(shared.browser, `${shared.server.url}?draw=${draw}`);
  await playing(page);
  await page.evaluate(() => globalThis.ritratto.pause());
  const table = [];
  // The last one again, refined.
  for (const [index, moment] of [...moments, moments.at(-1)].entries()) {
    const out = path.join(folder, `native-${draw}-${index}`);
    const refine = index === moments.length ? [] : ["--no-refine"];
    if (!refine.length) {
      await page.evaluate(() => globalThis.ritratto.options({ refine: "on" }));
      await until(page, async () => (await globalThis.ritratto.statistics()).refined);
    }
    execFileSync(program, ["animate", "--photo", sample("asha"), "--driver", moment, ...refine, "--out", out], { stdio: "ignore" });
    const [name] = readdirSync(out);
    const native = path.join(out, name);
    await page.evaluate((bytes) => globalThis.ritratto.drive(Uint8Array.from(bytes)), [...readFileSync(moment)]);
    const drawn = bytes(`browser-${draw}-${index}.png`, await savedFrame(page));
    table.push({ "PSNR, dB": psnr(drawn, native), "native against the still photo, dB": psnr(sample("asha"), native) });
  }
  console.table(table);
  for (const row of table) {
    assert.ok(row["PSNR, dB"] >= 45, `${row["PSNR, dB"]} dB`);
    assert.ok(row["native against the still photo, dB"] < 40, "the portrait did not move");
  }
  await context.close();
}
