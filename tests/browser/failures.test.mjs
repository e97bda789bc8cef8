// Every failure has its sentence, and the page goes on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { bytes, cameraFilm, picture, sample, small } from "./assets.mjs";
import { SLOW, camera, frames, launch, notice, open, playing, savedFrame, serve, smallSample } from "./harness.mjs";

const timeout = 2 * SLOW;
let server;

before(async () => {
  server = await serve();
});

after(() => server?.stop());

async function withPage(options, work) {
  const browser = await launch(options);
  try {
    const visited = await open(browser, server.url + (options.query ?? ""), { prepare: options.prepare ?? smallSample(small()) });
    await work(visited.page, visited);
  } finally {
    await browser.close();
  }
}

test("no WebGPU: the CPU draws, and the page says so", { timeout }, () =>
  withPage({ webgpu: false }, async (page, { errors }) => {
    await playing(page);
    await frames(page, 2);
    assert.match(await page.locator("#tier").getAttribute("title"), /CPU/);
    assert.ok((await savedFrame(page)).length > 10_000);
    assert.deepEqual(errors, []);
  }),
);

test("no WebGPU where only a GPU will do", { timeout }, async () => {
  const query = "?draw=gpu";
  const prepare = (page) => page.addInitScript(() => delete Navigator.prototype.gpu);
  await withPage({ query, prepare }, async (page) => {
    assert.match(await notice(page, /WebGPU/), /This browser has no WebGPU/);
  });
  await withPage({ query, webgpu: false }, async (page) => {
    assert.match(await notice(page, /GPU/), /WebGPU/);
  });
});

test("a place to draw that there is not", { timeout }, () =>
  withPage({ query: "?draw=paper" }, async (page) => {
    assert.match(await notice(page, /draw/), /draw must be "auto", "gpu" or "cpu"/);
  }),
);

test("photos that cannot be used", { timeout }, () =>
  withPage({}, async (page) => {
    await playing(page);
    const portrait = readFileSync(sample("elio"));
    const header = Buffer.from(portrait);
    const size = header.indexOf(Buffer.from([0xff, 0xc0]));
    header.writeUInt16BE(10_000, size + 5);
    header.writeUInt16BE(10_000, size + 7);
    const cases = [
      [bytes("text.jpg", "not a picture"), /not a picture that can be read/],
      [bytes("half.jpg", portrait.subarray(0, portrait.length / 2)), /not a picture that can be read/],
      [bytes("large.jpg", header), /too large: 10000 x 10000 pixels/],
      [picture("grey.png", "-f", "lavfi", "-i", "color=gray:s=400x400"), /no face in this photo/],
      [picture("tiny.jpg", "-i", sample("dario"), "-vf", "scale=90:110"), /too small/],
      [picture("cut.jpg", "-i", sample("asha"), "-vf", "crop=450:1100:450:0"), /cut by the border|no face in this photo/],
    ];
    for (const [file, sentence] of cases) {
      await page.locator("#photo-file").setInputFiles(file);
      await notice(page, sentence);
    }
    await frames(page, 1);
  }),
);

test("drivers that cannot be used", { timeout }, () =>
  withPage({ flags: ["--use-fake-ui-for-media-stream"] }, async (page) => {
    await playing(page);
    const cases = [
      [bytes("film.mp4", "not a film"), /cannot play this video/],
      [bytes("motion.rmotion", "not a motion"), /This motion file cannot be used/],
      [bytes("old.rmotion", '{"format":"ritratto-motion","version":1}'), /record it again/],
      [bytes("version.rmotion", "RMOTION\t"), /version 9/],
    ];
    for (const [file, sentence] of cases) {
      await page.locator("#driver-file").setInputFiles(file);
      await notice(page, sentence);
    }
    // There is no camera on this machine.
    await page.locator('[data-driver="webcam"]').click();
    await notice(page, /No camera was found/);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException("Permission denied", "NotAllowedError");
      };
    });
    await page.locator('[data-driver="webcam"]').click();
    await notice(page, /The camera was refused/);
    await frames(page, 1);
  }),
);

test("a face that leaves the driver's picture and comes back", { timeout }, () =>
  withPage(
    { flags: camera(cameraFilm({ gone: 8, seconds: 16 })) },
    async (page) => {
      await playing(page);
      await page.locator('[data-driver="webcam"]').click();
      await notice(page, /no face in the driver's picture/);
      await page.waitForFunction(() => globalThis.ritratto.motion()?.face === true);
      await page.waitForFunction(() => ![...document.querySelectorAll(".notice p")].some((p) => /driver's picture/.test(p.textContent)));
    },
  ),
);

test("a model with one flipped bit, and a model that is not there", { timeout }, async () => {
  const flip = (page) =>
    page.context().route("**/face_landmarks.safetensors", async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[body.length >> 1] ^= 1;
      await route.fulfill({ response, body });
    });
  await withPage({ prepare: flip }, async (page) => {
    assert.match(await notice(page, /model/), /face_landmarks\.safetensors is damaged/);
  });
  const drop = (page) => page.context().route("**/face_detector.safetensors", (route) => route.fulfill({ status: 404 }));
  await withPage({ prepare: drop }, async (page) => {
    assert.match(await notice(page, /cannot be loaded/), /face_detector\.safetensors cannot be loaded \(status 404\)/);
  });
});

test("a worker that stops is started again", { timeout }, () =>
  withPage({}, async (page) => {
    await playing(page);
    const worker = page.workers()[0];
    await worker.evaluate(() => setTimeout(() => { throw new Error("a test"); }));
    await notice(page, /starting again/);
    await page.waitForFunction(() => globalThis.ritratto.motion());
    await frames(page, 1);
  }),
);

/** Ends the worker, as a fault of the program would. */
const fault = (page) => page.workers()[0].evaluate(() => setTimeout(() => { throw new Error("a test"); }));

test("a worker is started again without a connection, from what the browser has kept", { timeout }, () =>
  withPage({}, async (page) => {
    await playing(page);
    let asked = 0;
    await page.context().route("**/files.json", (route) => {
      asked++;
      return route.abort();
    });
    await fault(page);
    await notice(page, /starting again/);
    await page.evaluate(() => globalThis.ritratto.setExpression({ yaw: 5 }));
    assert.equal(asked, 1);
  }),
);

test("a worker that cannot be started again stays down, and every call says so", { timeout }, () =>
  withPage({}, async (page) => {
    await playing(page);
    // A folder without models.
    await page.context().route("**/files.json", (route) => route.fulfill({ json: {} }));
    await fault(page);
    assert.match(await notice(page, /cannot be started again/), /cannot be started again: .*model/);
    const refused = await page.evaluate(() =>
      Promise.all(
        ["saveFrame", "setExpression", "statistics", "stop"].map((name) => globalThis.ritratto[name]().then(() => "", ({ code }) => code)),
      ),
    );
    assert.deepEqual(refused, Array(4).fill("crashed"));
  }),
);

test("a clip ends when the portrait stays stopped", { timeout }, () =>
  withPage({}, async (page) => {
    await playing(page);
    const main = () => page.workers().find((worker) => /\/worker\.js/.test(worker.url()));
    const crash = async () => {
      const worker = main();
      const closed = worker.waitForEvent("close");
      await worker.evaluate(() => setTimeout(() => { throw new Error("a test"); }));
      await closed;
    };
    for (let restarts = 0; restarts < 2; restarts++) {
      await crash();
      await page.waitForFunction(() => globalThis.ritratto.motion());
      await frames(page, 1);
    }
    await page.locator("#record").click();
    await page.locator('#record[aria-pressed="true"]').waitFor();
    await frames(page, 1);
    await crash();
    await page.locator('#record[aria-pressed="false"]').waitFor();
    await notice(page, /stopped/);
  }),
);
