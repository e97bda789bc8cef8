// Choices that come while something else is under way: the newest one holds, and page and portrait agree.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { bytes, cameraFilm, picture, sample, small } from "./assets.mjs";
import { SLOW, camera, frames, launch, notice, open, playing, serve, smallSample, until } from "./harness.mjs";

const timeout = 2 * SLOW;
let server;
let browser;
let page;
let errors;

before(
  async () => {
    server = await serve();
    browser = await launch({ flags: camera(cameraFilm()), webgpu: false });
    ({ page, errors } = await open(browser, server.url, { prepare: smallSample(small()) }));
    await playing(page);
  },
  { timeout },
);

after(async () => {
  await browser?.close();
  server?.stop();
});

const pressed = (page) => page.locator('[data-driver][aria-pressed="true"]').getAttribute("data-driver");
const choose = (page, driver) => page.locator(`[data-driver="${driver}"]`).click();
/** Waits until the frames of a camera or a video drive. */
const live = (page) => page.waitForFunction(() => !document.getElementById("neutral").disabled);
const notices = () => page.locator(".notice p").allTextContents();

/** Opens a page of its own, chooses while its portrait is prepared, and lets that go on. */
async function chosenEarly(choose, check) {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, context, errors } = await open(browser, server.url, {
    prepare: (page) =>
      page.context().route("**/samples/asha.jpg", async (route) => {
        await held;
        await route.fulfill({ path: small(), contentType: "image/jpeg" });
      }),
  });
  await page.locator("#loading-text", { hasText: "Preparing" }).waitFor();
  await choose(page);
  release();
  await until(page, () => document.getElementById("loading").hidden);
  await check(page);
  assert.deepEqual(errors, []);
  await context.close();
}

test("a webcam that is chosen while the portrait is prepared drives it", { timeout }, () =>
  chosenEarly(
    (page) => choose(page, "webcam"),
    async (page) => {
      assert.equal(await pressed(page), "webcam");
      await live(page);
      await frames(page, 2);
      assert.equal(await pressed(page), "webcam");
      assert.ok(await page.evaluate(() => document.getElementById("driver-video").srcObject?.active), "the camera is off");
    },
  ),
);

test("so does the editor", { timeout }, () =>
  chosenEarly(
    (page) => choose(page, "editor"),
    async (page) => {
      assert.equal(await pressed(page), "editor");
      await page.waitForFunction(() => document.getElementById("pause").disabled);
      assert.ok(await page.locator("#editor").isVisible());
      // Nothing has moved before: what the editor shows is the first that is seen.
      await page.locator("#result").waitFor();
      assert.ok(!(await page.locator("#still").isVisible()), "the photo is still there instead");
      assert.equal(await page.locator(".notice").count(), 0);
    },
  ),
);

test("a photo that is chosen while the portrait waits for its sample stays, and is shown in both panes", { timeout }, () =>
  chosenEarly(
    async (page) => {
      const before = await page.locator("#photo").getAttribute("src");
      await page.locator("#photo-file").setInputFiles(picture("early.jpg", "-i", sample("marta"), "-vf", "scale=300:-2"));
      await page.waitForFunction((before) => document.getElementById("photo").getAttribute("src") !== before, before);
      await page.waitForSelector("body:not(.busy)");
      assert.ok(await page.locator("#result").isVisible(), "a portrait that is there is not shown");
    },
    async (page) => {
      await frames(page, 1);
      await page.waitForSelector("body:not(.busy)");
      const shown = await page.evaluate(async () => {
        const { width } = await createImageBitmap(await globalThis.ritratto.saveFrame());
        return [width, document.getElementById("photo").naturalWidth, document.getElementById("still").naturalWidth];
      });
      assert.deepEqual(shown, [300, 300, 300]);
      assert.equal(await page.locator('[data-sample][aria-pressed="true"]').count(), 0);
    },
  ),
);

test("a camera that goes away is told, and the built-in motion goes on", { timeout }, async () => {
  await choose(page, "webcam");
  await live(page);
  await frames(page, 1);
  await page.evaluate(() => {
    [globalThis.track] = document.getElementById("driver-video").srcObject.getVideoTracks();
    globalThis.track.stop();
    // The browser says so only where it was not the page that stopped it.
    globalThis.track.dispatchEvent(new Event("ended"));
  });
  assert.match(await notice(page, /camera/), /has gone/);
  await until(page, () => document.querySelector('[data-driver="builtin"]').getAttribute("aria-pressed") === "true");
  assert.ok(await page.locator("#neutral").isDisabled());
  assert.equal(await page.evaluate(() => document.getElementById("driver-video").srcObject), null);
  await frames(page, 2);
});

test("the end of a camera that was let go means nothing to the next", { timeout }, async () => {
  await choose(page, "webcam");
  await live(page);
  assert.deepEqual(await notices(), []);
  await page.evaluate(() => globalThis.track.dispatchEvent(new Event("ended")));
  await frames(page, 1);
  assert.equal(await pressed(page), "webcam");
  assert.deepEqual(await notices(), []);
  await choose(page, "builtin");
});

test("a driver that failed does not take the place of the one that was chosen after it", { timeout }, async () => {
  await page.evaluate(() => {
    const { ritratto } = globalThis;
    // The answer comes late.
    ritratto.stop = async () => {
      delete ritratto.stop;
      await ritratto.stop();
      await new Promise((resolve) => {
        globalThis.answer = resolve;
      });
    };
  });
  await page.locator("#driver-file").setInputFiles(bytes("broken.rmotion", "not a motion"));
  await page.waitForFunction(() => globalThis.answer);
  await choose(page, "webcam");
  await live(page);
  await page.evaluate(() => globalThis.answer());
  await frames(page, 2);
  assert.equal(await pressed(page), "webcam");
  assert.ok(await page.locator("#neutral").isEnabled());
  await choose(page, "builtin");
  await frames(page, 1);
});

/** What photo the portrait, the photo's pane, the samples and the editor have. */
const photo = () =>
  page.evaluate(async () => {
    const { width } = await createImageBitmap(await globalThis.ritratto.saveFrame());
    const image = document.getElementById("photo");
    await image.decode();
    return {
      width,
      shown: image.naturalWidth,
      sample: document.querySelector('[data-sample][aria-pressed="true"]')?.dataset.sample,
      marks: [...document.querySelectorAll("#editor-sliders option")].map(({ value }) => value).join(),
    };
  });

test("a good photo and at once a bad one: page and portrait agree", { timeout }, async () => {
  const first = await photo();
  assert.deepEqual([first.width, first.shown, first.sample], [360, 360, "asha"]);
  const good = picture("good.jpg", "-i", sample("marta"), "-vf", "scale=300:-2");
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...more) {
      if (message.name === "setPhoto") globalThis.taking = true;
      return postMessage.call(this, message, ...more);
    };
  });
  await page.locator("#photo-file").setInputFiles(good);
  // The worker has it: one that is still read gives way to the next.
  await page.waitForFunction(() => globalThis.taking);
  await page.locator("#photo-file").setInputFiles(bytes("bad.jpg", "not a picture"));
  await notice(page, /not a picture that can be read/);
  await page.waitForSelector("body:not(.busy)");
  const second = await photo();
  assert.deepEqual([second.width, second.shown, second.sample], [300, 300, undefined]);
  assert.notEqual(second.marks, first.marks, "the editor starts from the photo before");
});

test("a bad photo and at once a good one: the good one counts, and nothing is said", { timeout }, async () => {
  await page.locator("#photo-file").setInputFiles(bytes("bad.jpg", "not a picture"));
  await page.locator('[data-sample="asha"]').click();
  await page.waitForSelector('[data-sample="asha"][aria-pressed="true"]');
  await page.waitForSelector("body:not(.busy)");
  const { width, shown } = await photo();
  assert.deepEqual([width, shown], [360, 360]);
  assert.ok(!(await notices()).some((text) => /not a picture/.test(text)));
});

test("a sample that comes late does not take the place of what was chosen after it", { timeout }, async () => {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await page.context().route("**/samples/elio.jpg", async (route) => {
    await held;
    await route.continue();
  });
  const come = page.waitForResponse("**/samples/elio.jpg");
  await page.locator('[data-sample="elio"]').click();
  await page.locator("#photo-file").setInputFiles(picture("after.jpg", "-i", sample("marta"), "-vf", "scale=300:-2"));
  await page.waitForFunction(() => document.getElementById("photo").naturalWidth === 300);
  release();
  await (await come).finished();
  await frames(page, 3);
  await page.waitForSelector("body:not(.busy)");
  const { width, shown, sample: pressed } = await photo();
  assert.deepEqual([width, shown, pressed], [300, 300, undefined]);
  await page.context().unroute("**/samples/elio.jpg");
});

test("a sample that cannot be had is told, and the portrait stays", { timeout }, async () => {
  const before = await photo();
  await page.context().route("**/samples/elio.jpg", (route) => route.fulfill({ status: 404, body: "" }));
  await page.locator('[data-sample="elio"]').click();
  assert.match(await notice(page, /sample portrait/), /cannot be loaded/);
  await page.waitForSelector("body:not(.busy)");
  assert.deepEqual(await photo(), before);
  await page.context().unroute("**/samples/elio.jpg");
  // The browser's own word on it.
  errors.splice(0, errors.length, ...errors.filter((error) => !/404/.test(error)));
});

test("the key G holds with Caps Lock and with Shift", { timeout }, async () => {
  const held = () => page.locator("#compare").getAttribute("aria-pressed");
  await page.keyboard.down("G");
  assert.equal(await held(), "true", "Caps Lock");
  await page.keyboard.up("G");
  assert.equal(await held(), "false");
  await page.keyboard.down("KeyG");
  assert.equal(await held(), "true");
  await page.keyboard.down("Shift");
  await page.keyboard.up("KeyG");
  await page.keyboard.up("Shift");
  assert.equal(await held(), "false", "Shift came while it was held");
});

test("nothing went wrong beside", () => {
  assert.deepEqual(errors, []);
});

test("a clip ends with the worker: what came before is saved, and it says so", { timeout }, async () => {
  await page.locator("#record").click();
  await frames(page, 3);
  await page.waitForTimeout(1000);
  const [clip] = await Promise.all([
    page.waitForEvent("download"),
    page.workers()[0].evaluate(() => setTimeout(() => { throw new Error("a test"); })),
  ]);
  await notice(page, /clip ended early/);
  assert.ok(readFileSync(await clip.path()).length > 2000);
  picture("clip.png", "-i", await clip.path());
  assert.equal(await page.locator("#record").textContent(), "Record clip");
  await until(page, async () => (await globalThis.ritratto.statistics()).frames > 0);
});

test("a browser without the newest of promises will do", { timeout }, async () => {
  const { page, context, errors } = await open(browser, server.url, {
    prepare: async (page) => {
      await smallSample(small())(page);
      await page.addInitScript(() => delete Promise.withResolvers);
    },
  });
  await playing(page);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a browser that cannot run the page says what is the matter", { timeout }, async () => {
  const cases = [
    [(page) => page.context().route("**/app.js", (route) => route.fulfill({ body: "?", contentType: "text/javascript" })), "#too-old", /too old/],
    [(page) => page.addInitScript(() => delete HTMLCanvasElement.prototype.transferControlToOffscreen), ".notice", /too old/],
  ];
  for (const [prepare, place, sentence] of cases) {
    const { page, context } = await open(browser, server.url, { prepare });
    await page.locator(place, { hasText: sentence }).waitFor();
    await context.close();
  }
  const { page, context } = await open(browser, server.url, { context: { javaScriptEnabled: false } });
  await page.locator("noscript").waitFor();
  assert.match(await page.locator("noscript").textContent(), /needs JavaScript/);
  assert.ok(!(await page.locator("#too-old").isVisible()));
  await context.close();
});
