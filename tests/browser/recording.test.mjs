// The driver's motion as a file: recorded by the page, and played again; and clips in browsers that do not record as others do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { bytes, cameraFilm, psnr, small } from "./assets.mjs";
import { SLOW, camera, frames, savedFrame, sharedPage } from "./harness.mjs";

const timeout = 2 * SLOW;
let page;
const shared = sharedPage(() => ({ flags: camera(cameraFilm()), sample: small() }), (opened) => {
  page = opened;
});
/** What was recorded. */
let motion;

const button = () => page.locator("#record-motion");
const noted = (pattern) => page.locator("#motion-note", { hasText: pattern }).waitFor();

/** Follows the camera, and waits until its frames drive. */
async function webcam() {
  await page.locator('[data-driver="webcam"]').click();
  await page.waitForFunction(() => !document.getElementById("record-motion").disabled);
  await frames(page, 2);
}

/** Starts a recording that has `count` frames at least. */
async function record(count) {
  await button().click();
  await noted(/^Recording/);
  assert.equal(await button().getAttribute("aria-pressed"), "true");
  assert.equal(await button().textContent(), "Stop");
  await frames(page, count);
  assert.match(await page.locator("#motion-seconds").textContent(), /^\d+ s$/);
}

/** The recording is over, and the page says so. */
async function over() {
  await noted(/^Saved as motion\.rmotion, \d+\.\d s\.$/);
  assert.equal(await button().getAttribute("aria-pressed"), "false");
  assert.equal(await button().textContent(), "Record motion");
  assert.equal(await page.locator("#motion-seconds").textContent(), "");
}

/** Waits until the picture is another than it was. */
async function moves() {
  const first = bytes("before.png", await savedFrame(page));
  const end = Date.now() + SLOW;
  while (psnr(first, bytes("after.png", await savedFrame(page))) > 50) {
    assert.ok(Date.now() < end, "the picture does not change");
  }
}

test("a webcam's motion becomes a small file", { timeout }, async () => {
  assert.ok(await button().isDisabled(), "a built-in motion can be recorded");
  await webcam();
  await Promise.all([record(6), page.waitForTimeout(1000)]);
  const [file] = await Promise.all([page.waitForEvent("download"), button().click()]);
  assert.equal(file.suggestedFilename(), "motion.rmotion");
  await over();
  motion = readFileSync(await file.path());
  assert.equal(motion.subarray(0, 7).toString(), "RMOTION");
  assert.ok(motion.length < 100_000, `${motion.length} bytes`);
});

test("the file drives the portrait", { timeout }, async () => {
  await page.locator("#driver-file").setInputFiles(bytes("motion.rmotion", motion));
  await page.locator("#file-note", { hasText: "motion.rmotion" }).waitFor();
  assert.ok(await button().isDisabled(), "a motion file can be recorded");
  await frames(page, 1);
  assert.equal(await page.evaluate(() => globalThis.ritratto.motion().coefficients.length), 52);
  await moves();
});

test("a file that is dropped on the page drives it too", { timeout }, async () => {
  await page.locator('[data-driver="builtin"]').click();
  await frames(page, 1);
  await page.evaluate((content) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(content)], "dropped.RMOTION"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, [...motion]);
  await page.locator("#file-note", { hasText: "dropped.RMOTION" }).waitFor();
  await frames(page, 1);
});

test("a recording ends with its driver, and is saved", { timeout }, async () => {
  await webcam();
  await record(2);
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator('[data-driver="builtin"]').click()]);
  assert.equal(readFileSync(await file.path()).subarray(0, 7).toString(), "RMOTION");
  await over();
  assert.ok(await button().isDisabled());
  await frames(page, 1);
});

test("only the newest recording counts, and it needs a driver", { timeout }, async () => {
  const start = () =>
    page.evaluate(async () => {
      globalThis.recordings = [await globalThis.ritratto.recordMotion(), await globalThis.ritratto.recordMotion()];
    });
  const end = (index) =>
    page.evaluate(
      (index) =>
        globalThis.recordings[index].stop().then(
          async (blob) => new TextDecoder().decode((await blob.arrayBuffer()).slice(0, 7)),
          (error) => error.code,
        ),
      index,
    );
  await start();
  await frames(page, 2);
  assert.equal(await end(0), "not-ready", "a recording that was replaced");
  assert.equal(await end(1), "RMOTION");
  assert.equal(await end(1), "not-ready", "a recording that is over");
  await page.evaluate(() => globalThis.ritratto.stop());
  assert.equal(await start().then(() => "", (error) => /A driver is needed/.test(error.message)), true);
});

test("a recording says whether its motion was authored", { timeout }, async () => {
  // The last number of the first section (0 measured, 1 authored), zigzag coded.
  const origin = (bytes) => inflateSync(bytes.subarray(16, 16 + bytes.readUInt32LE(12))).at(-1) / 2;
  const recorded = async () => {
    await frames(page, 1);
    const bytes = await page.evaluate(async () => {
      const recording = await globalThis.ritratto.recordMotion();
      await new Promise((done) => setTimeout(done, 1000));
      return [...new Uint8Array(await (await recording.stop()).arrayBuffer())];
    });
    return Buffer.from(bytes);
  };
  await page.locator('[data-driver="builtin"]').click();
  assert.equal(origin(await recorded()), 1, "a built-in motion");
  await webcam();
  assert.equal(origin(await recorded()), 0, "a face");
});

test("a clip of a canvas that the browser does not capture while a worker draws on it", { timeout }, async () => {
  await page.evaluate(() => {
    // As Firefox does it.
    const { prototype } = HTMLCanvasElement;
    const capture = prototype.captureStream;
    prototype.captureStream = function (rate) {
      if (this === globalThis.ritratto.canvas) throw new DOMException("Component not initialized", "NS_ERROR_NOT_INITIALIZED");
      globalThis.stream = capture.call(this, rate);
      return globalThis.stream;
    };
    globalThis.clip = globalThis.ritratto.record();
  });
  await frames(page, 6);
  const brightness = await page.evaluate(async () => {
    const clip = await globalThis.clip.stop();
    const video = Object.assign(document.createElement("video"), { src: URL.createObjectURL(clip), muted: true });
    await video.play();
    const { canvas } = globalThis.ritratto;
    const context = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight }).getContext("2d");
    const mean = (picture) => {
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    return [mean(video), mean(canvas), video.videoWidth - canvas.width, globalThis.stream.getTracks()[0].readyState];
  });
  const [shown, portrait, wider, state] = brightness;
  assert.ok(Math.abs(shown - portrait) < 10, `${brightness}`);
  assert.deepEqual([wider, state], [0, "ended"]);
});

test("a clip that the browser does not record is refused, and lets the canvas go", { timeout }, async () => {
  const refused = await page.evaluate(() => {
    const Recorder = MediaRecorder;
    globalThis.MediaRecorder = class {
      static isTypeSupported = () => true;
      constructor() {
        throw new DOMException("no encoder", "NotSupportedError");
      }
    };
    try {
      globalThis.ritratto.record();
      return null;
    } catch ({ name, code, message }) {
      return { name, code, message, state: globalThis.stream.getTracks()[0].readyState };
    } finally {
      globalThis.MediaRecorder = Recorder;
    }
  });
  assert.deepEqual({ ...refused, message: "" }, { name: "RitrattoError", code: "recording", message: "", state: "ended" });
  assert.match(refused.message, /cannot record a clip of the portrait \(no encoder\)\. Save single frames/);
});

test("nothing went wrong beside", { timeout }, () => {
  assert.deepEqual(shared.errors, []);
  assert.deepEqual(shared.foreign, []);
});

test("a recording that is lost with the worker is told", { timeout }, async () => {
  await webcam();
  await record(1);
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error("a test"); }));
  await noted(/is lost/);
  assert.equal(await button().getAttribute("aria-pressed"), "false");
  // The new worker has the photo first; then the webcam drives again.
  await frames(page, 2);
  await record(2);
  await Promise.all([page.waitForEvent("download"), button().click()]);
  await over();
});
