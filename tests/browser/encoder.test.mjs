// The encoder in Chromium against MediaPipe's own numbers.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { small } from "./assets.mjs";
import { SLOW, launch, open, root, serve } from "./harness.mjs";

const timeout = 5 * SLOW;
const folder = path.join(root, "tests/reference/photos");
const photos = readdirSync(folder).map((file) => file.replace(/\.\w+$/, ""));
/** Mean and worst landmark in outer-eye distances, worst coefficient. */
const LIMITS = { mean: 0.001, worst: 0.004, coefficient: 0.01 };

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.stop();
});

/** Sees the photos with the nets on `nets`; the core runs in the page itself. */
async function see(nets, names) {
  // A page of this origin without a script of its own.
  const give = (name) => (name === "portrait" ? small() : path.join(folder, `${name}.webp`));
  const { page, context } = await open(browser, `${server.url}samples/CREDITS.md`, {
    prepare: (page, context) =>
      context.route("**/given/*", (route) => route.fulfill({ path: give(path.basename(route.request().url())) })),
  });
  const seen = await page.evaluate(
    async ({ nets, names }) => {
      const core = await import("/pkg/ritratto_core.js");
      const { download } = await import("/pkg/download.js");
      const { module, models } = await download(new URL("/pkg/", location.href), () => {});
      await core.default({ module_or_path: module });
      const shelf = new core.ModelShelf();
      for (const [name, bytes] of models) shelf.insert(name, bytes);
      const studio = await core.Studio.create(shelf, undefined, nets);
      const bytes = async (name) => {
        const response = await fetch(`/given/${name}`);
        if (!response.ok) throw new Error(`${name}: status ${response.status}`);
        return response.arrayBuffer();
      };
      await studio.setPhoto(new Uint8Array(await bytes("portrait")));
      const seen = {};
      for (const name of names) {
        const bitmap = await createImageBitmap(new Blob([await bytes(name)]), { colorSpaceConversion: "none" });
        const { width, height } = bitmap;
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        studio.startLive();
        const motion = await studio.driveFrame(context.getImageData(0, 0, width, height).data, width, height, 0);
        seen[name] = { landmarks: [...(motion.landmarks ?? [])], coefficients: [...(motion.coefficients ?? [])] };
      }
      return seen;
    },
    { nets, names },
  );
  await context.close();
  return seen;
}

function compare(name, seen) {
  const stored = JSON.parse(readFileSync(path.join(folder, "..", `${name}.json`)));
  const [right, left] = [stored.landmarks[33], stored.landmarks[263]];
  const eyes = Math.hypot(left[0] - right[0], left[1] - right[1]);
  const distances = stored.landmarks.map(
    ([x, y], i) => Math.hypot(seen.landmarks[2 * i] * stored.width - x, seen.landmarks[2 * i + 1] * stored.height - y) / eyes,
  );
  return {
    mean: distances.reduce((sum, value) => sum + value, 0) / distances.length,
    worst: Math.max(...distances),
    coefficient: Math.max(...stored.coefficients.map((value, i) => Math.abs(value - seen.coefficients[i]))),
  };
}

async function check(nets, names) {
  const table = {};
  for (const [name, seen] of Object.entries(await see(nets, names))) {
    assert.equal(seen.coefficients.length, 52, `${name}: no face`);
    table[name] = compare(name, seen);
  }
  console.table(table);
  for (const [name, found] of Object.entries(table)) {
    for (const [figure, limit] of Object.entries(LIMITS)) {
      assert.ok(found[figure] <= limit, `${name}: ${figure} ${found[figure]}`);
    }
  }
}

test("the nets on the CPU give MediaPipe's numbers", { timeout }, () => check("cpu", photos));

// WebGPU in software takes a minute for a photo.
test("the nets on WebGPU give MediaPipe's numbers", { timeout }, () => check("gpu", photos.filter((name) => /p006_small/.test(name))));
