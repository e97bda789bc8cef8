// How the page starts: before its models are there, and when it has been here before.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import path from "node:path";
import { test } from "node:test";
import { small } from "./assets.mjs";
import { SLOW, notice, open, playing, root, sharedBrowser, smallSample, until } from "./harness.mjs";

const timeout = 2 * SLOW;
const shared = sharedBrowser();

/** Waits until the page's script runs. */
const listening = (page) => page.waitForFunction(() => document.getElementById("photo-file")?.onchange);

test("photo and driver can be chosen before the models are there", { timeout }, async () => {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, context, errors } = await open(shared.browser, shared.server.url, {
    prepare: async (page) => {
      await smallSample(small())(page);
      await page.context().route("**/*.safetensors", async (route) => {
        await held;
        await route.continue();
      });
    },
  });
  await listening(page);
  await page.locator("#photo-file").setInputFiles(small(300));
  await page.locator('[data-driver="editor"]').click();
  assert.match(await page.locator("#photo").getAttribute("src"), /^blob:/);
  assert.equal(await page.evaluate(() => globalThis.ritratto), undefined);
  release();
  await page.locator("#editor").waitFor({ state: "visible" });
  await until(page, () => document.getElementById("loading").hidden);
  const width = await page.evaluate(async () => (await createImageBitmap(await globalThis.ritratto.saveFrame())).width);
  assert.equal(width, 300, "another photo is animated");
  assert.equal(await page.locator('[data-sample][aria-pressed="true"]').count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("an early photo that cannot be used gives way to the sample, and it says why", { timeout }, async () => {
  const { page, context } = await open(shared.browser, shared.server.url, { prepare: smallSample(small()) });
  await listening(page);
  await page.locator("#photo-file").setInputFiles({ name: "no.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  await playing(page);
  await notice(page, /not a picture that can be read/);
  assert.equal(await page.locator('[data-sample="asha"]').getAttribute("aria-pressed"), "true");
  await context.close();
});

/** Paths of a module and of all that it imports. */
function imported(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const imports = readFileSync(path.join(root, "www", file), "utf8").matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)";/gm);
  for (const [, name] of imports) imported(path.join(path.dirname(file), name), found);
  return found;
}

test("all modules of the page are asked for at once", () => {
  const page = readFileSync(path.join(root, "www/index.html"), "utf8");
  const named = [...page.matchAll(/<link rel="modulepreload" href="([^"]+)"/g)].map(([, href]) => href);
  const needed = [...imported("app.js")].filter((file) => file !== "app.js");
  assert.ok(needed.length > 10);
  assert.deepEqual(named.sort(), needed.sort());
});

/** Stands before a server and notes what it is asked for: a page's own list of requests has also those that the browser answers. */
async function before(server) {
  const asked = [];
  const proxy = createServer(({ url, method, headers }, response) => {
    asked.push(url);
    const passed = request(new URL(url, server), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    passed.end();
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return { asked, url: `http://127.0.0.1:${proxy.address().port}/`, stop: () => proxy.close() };
}

test("a second visit fetches neither module nor models, and a damaged copy is let go", { timeout: 2 * timeout }, async (t) => {
  const proxy = await before(shared.server.url);
  t.after(() => proxy.stop());
  const { page, context } = await open(shared.browser, proxy.url);
  await playing(page);
  const files = await page.evaluate(async () => Object.keys(await (await fetch("pkg/files.json")).json()));
  const first = files.filter((name) => !/refiner|core_bg|threads\.wasm/.test(name)).length;
  const keeps = async (first) => (await (await caches.open("ritratto")).keys()).filter(({ url }) => !url.includes("refiner")).length >= first;
  await until(page, keeps, first);
  // The refiner comes when the first frame is there.
  const fetched = () => proxy.asked.filter((address) => /\.(wasm|safetensors)/.test(address) && !address.includes("refiner"));
  assert.ok(fetched().length >= first);
  proxy.asked.length = 0;
  await page.reload();
  await playing(page);
  assert.deepEqual(fetched(), []);

  await page.evaluate(async () => {
    const cache = await caches.open("ritratto");
    const request = (await cache.keys()).find(({ url }) => url.includes("face_detector"));
    const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
    bytes[bytes.length >> 1] ^= 1;
    await cache.put(request, new Response(bytes));
  });
  await page.reload();
  assert.match(await notice(page, /damaged/), /face_detector/);
  await page.reload();
  await playing(page);
  assert.ok(fetched().some((address) => address.includes("face_detector")));
  await context.close();
});

test("a module that the browser has kept damaged is fetched again", { timeout: 2 * timeout }, async () => {
  const { page, context, errors } = await open(shared.browser, shared.server.url, { prepare: smallSample(small(180)) });
  await playing(page);
  const noted = async () => (await (await caches.open("ritratto")).keys()).some(({ url }) => url.includes("ritratto_core"));
  await until(page, noted);
  let asked = 0;
  await context.route("**/ritratto_core*.wasm?*", (route) => {
    asked++;
    return asked > 1 ? route.continue() : route.fulfill({ body: "no module", contentType: "application/wasm" });
  });
  await page.reload();
  await playing(page);
  assert.equal(asked, 2);
  await until(page, noted);
  assert.deepEqual(errors, []);
  await context.close();
});

test("software begins with fewer pixels, says so, and saves them all", { timeout }, async () => {
  const { page, context } = await open(shared.browser, shared.server.url);
  await playing(page);
  assert.equal((await page.evaluate(() => globalThis.ritratto.statistics())).scale, 2);
  assert.match(await page.locator("#tier").textContent(), /half its size/);
  assert.match(await page.locator("#tier").getAttribute("title"), /software/);
  const sizes = await page.evaluate(async () => {
    const { width, height } = await createImageBitmap(await globalThis.ritratto.saveFrame());
    const { width: shown } = document.getElementById("result");
    return { width, height, shown };
  });
  const { width, height } = await page.evaluate(async (name) => createImageBitmap(await (await fetch(name)).blob()).then(({ width, height }) => ({ width, height })), "samples/asha.jpg");
  assert.deepEqual(sizes, { width, height, shown: width / 2 });
  await page.evaluate(() => globalThis.ritratto.options({ size: "full" }));
  await until(page, () => document.getElementById("result").width === 900);
  assert.match(await page.locator("#tier").textContent(), /full size/);
  const refused = await page.evaluate(() => globalThis.ritratto.options({ size: "tiny" }).catch(({ code }) => code));
  assert.equal(refused, "option");
  await context.close();
});
