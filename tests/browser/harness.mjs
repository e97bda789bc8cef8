// Starts the server and the browser, and watches what a page does.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = process.env.RITRATTO_ROOT ?? fileURLToPath(new URL("../..", import.meta.url));

/** WebGPU in software draws about a frame a second. */
export const SLOW = 120_000;

const FLAGS = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SOFTWARE_WEBGPU = [
  "--use-webgpu-adapter=swiftshader",
  "--enable-unsafe-webgpu",
  "--use-vulkan=swiftshader",
  "--enable-features=Vulkan",
  "--use-angle=vulkan",
  "--ignore-gpu-blocklist",
];

function browserPath() {
  // The build looks through the same list before it runs the tests (xtask/src/needs.rs).
  const usual = JSON.parse(readFileSync(new URL("browsers.json", import.meta.url), "utf8"));
  const found = [process.env.RITRATTO_CHROMIUM, ...usual].find((file) => file && existsSync(file));
  if (!found) throw new Error("Chromium is needed: install it, or set RITRATTO_CHROMIUM to its path");
  return found;
}

/** @returns {Promise<{url: string, stop(): void}>} */
export async function serve() {
  const program = process.env.RITRATTO_XTASK ?? path.join(root, "target/debug/xtask");
  const server = spawn(program, ["serve", "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let printed = "";
    server.stdout.on("data", (data) => {
      printed += data;
      const address = printed.match(/serving (http:\S+)/);
      if (address) resolve(address[1]);
    });
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
  return { url, stop: () => server.kill() };
}

const HARDWARE_WEBGPU = ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-angle=vulkan", "--ignore-gpu-blocklist"];

function settings({ flags = [], webgpu = true, hardware = false } = {}) {
  const gpu = hardware ? HARDWARE_WEBGPU : SOFTWARE_WEBGPU;
  return {
    executablePath: browserPath(),
    headless: true,
    args: ["--no-sandbox", ...FLAGS, ...(webgpu ? gpu : ["--disable-features=WebGPU"]), ...flags],
  };
}

/** @param {{flags?: string[], webgpu?: boolean, hardware?: boolean}} options `hardware`: the machine's own GPU draws */
export const launch = (options) => chromium.launch(settings(options));

/** A browser whose visitor comes back: what it keeps, machine code too, lies in `folder`. Options as for {@link launch}. */
export const visit = (folder, options) =>
  chromium.launchPersistentContext(folder, { ...settings(options), viewport: { width: 700, height: 560 } });

/**
 * A server and a browser for all tests of a file, from its first test to its last.
 * @returns {{server: {url: string}, browser: import("playwright-core").Browser}} filled in before the first test
 */
export function sharedBrowser() {
  const shared = {};
  before(async () => {
    shared.server = await serve();
    shared.browser = await launch();
  });
  after(async () => {
    await shared.browser?.close();
    shared.server?.stop();
  });
  return shared;
}

/**
 * Flags for a browser whose camera shows a film.
 * @param {string} film Y4M or MJPEG
 */
export const camera = (film) => [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-video-capture=${film}`,
];

/**
 * One playing page with a small photo for all tests of a file: what a stranger does one after the other.
 * @param {() => {flags?: string[], sample: string}} options flags of the browser, and the photo's file
 * @param {(page: import("playwright-core").Page) => void} take gets the page before the first test
 * @returns {{context: object, errors: string[], foreign: string[], server: object, browser: object}} filled in before the first test
 */
export function sharedPage(options, take) {
  const shared = {};
  before(
    async () => {
      const { flags = [], sample } = options();
      shared.server = await serve();
      shared.browser = await launch({ flags });
      Object.assign(shared, await open(shared.browser, shared.server.url, { prepare: smallSample(sample) }));
      take(shared.page);
      await playing(shared.page);
    },
    { timeout: 2 * SLOW },
  );
  after(async () => {
    await shared.browser?.close();
    shared.server?.stop();
  });
  return shared;
}

/**
 * Makes the first sample small, so that software can draw several frames a second.
 * @param {string} file JPEG
 */
export const smallSample = (file) => (page) =>
  page.context().route("**/samples/asha.jpg", (route) => route.fulfill({ path: file, contentType: "image/jpeg" }));

/**
 * A page with a record of its console errors and of requests to other origins.
 * @returns {Promise<{page: import("playwright-core").Page, errors: string[], foreign: string[]}>}
 */
export async function open(browser, url, { context: options = {}, prepare = async () => {} } = {}) {
  const context = await browser.newContext({ viewport: { width: 700, height: 560 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const errors = [];
  const foreign = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  context.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(new URL(url).origin) && !/^(blob|data):/.test(address)) foreign.push(address);
  });
  page.setDefaultTimeout(SLOW);
  await prepare(page, context);
  await page.goto(url, { waitUntil: "commit" });
  return { page, context, errors, foreign };
}

/** Waits until the portrait moves. */
export async function playing(page) {
  await page.waitForFunction(() => globalThis.ritratto?.motion(), null, { timeout: SLOW });
}

/** Waits until `predicate` of `argument`, run on the page and awaited, is true. (Playwright's own `waitForFunction` takes a promise for true.) */
export async function until(page, predicate, argument) {
  const end = Date.now() + SLOW;
  while (!(await page.evaluate(predicate, argument))) {
    if (Date.now() > end) throw new Error(`it took too long until ${predicate}`);
    await page.waitForTimeout(100);
  }
}

/** Waits until `count` more frames were drawn. */
export async function frames(page, count) {
  const drawn = () => page.evaluate(async () => (await globalThis.ritratto.statistics()).frames);
  const goal = (await drawn()) + count;
  const end = Date.now() + SLOW + count * 2000;
  while ((await drawn()) < goal) {
    if (Date.now() > end) throw new Error(`${count} frames took too long`);
    await page.waitForTimeout(100);
  }
}

/** Waits for a message that matches, and gives its text. */
export async function notice(page, pattern) {
  const message = page.locator(".notice p", { hasText: pattern }).first();
  await message.waitFor({ timeout: SLOW });
  return message.textContent();
}

/** The saved frame as bytes of a PNG file. */
export async function savedFrame(page) {
  return Buffer.from(
    await page.evaluate(async () => {
      const blob = await globalThis.ritratto.saveFrame();
      let text = "";
      for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
      return btoa(text);
    }),
    "base64",
  );
}
