// The page as a stranger uses it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytes, cameraFilm, picture, psnr, sample, small, video } from "./assets.mjs";
import { SLOW, camera, frames, notice, open, savedFrame, sharedPage, smallSample, until } from "./harness.mjs";

const timeout = 2 * SLOW;
let page;
const shared = sharedPage(() => ({ flags: camera(cameraFilm()), sample: small() }), (opened) => {
  page = opened;
});

test("it opens with talking, and the motions have names for people", { timeout }, async () => {
  assert.equal(await page.locator("#builtin").inputValue(), "talking");
  const labels = await page.locator("#builtin option").allTextContents();
  assert.equal(labels[0], "Talking");
  for (const label of ["Look around", "Nod and shake"]) assert.ok(labels.includes(label), `no "${label}" in ${labels}`);
});

test("the sample moves by itself, at the photo's size and with the mark", { timeout }, async () => {
  const first = bytes("first.png", await savedFrame(page));
  await frames(page, 3);
  const second = bytes("second.png", await savedFrame(page));
  assert.ok(psnr(first, second) < 45, "the picture did not change");
  assert.match(readFileSync(first).toString("latin1"), /AI-animated portrait/);
  await page.locator("#pause").click();
  await frames(page, 0);
  const marked = bytes("marked.png", await savedFrame(page));
  await page.locator("#mark").uncheck();
  const plain = bytes("plain.png", await savedFrame(page));
  const difference = psnr(marked, plain);
  assert.ok(difference > 15 && difference < 60, `the mark changes the picture by ${difference} dB`);
  await page.locator("#mark").check();
});

test("the canvas shows what is saved", { timeout }, async () => {
  assert.equal(await page.locator("#pause").textContent(), "Play");
  // Scaled far down, so that only the picture counts and not how it was scaled.
  const alike = (name, content) =>
    picture(`${name}-small.png`, "-i", bytes(`${name}.png`, content), "-vf", "scale=45:55:flags=area");
  const shown = () =>
    page.evaluate(() => {
      const copy = document.createElement("canvas");
      const shown = document.getElementById("result");
      [copy.width, copy.height] = [shown.width, shown.height];
      copy.getContext("2d").drawImage(shown, 0, 0);
      return copy.toDataURL("image/png").split(",")[1];
    });
  const saved = alike("saved", await savedFrame(page));
  // A worker's frame reaches the canvas some time after it was drawn, and this is the first with the mark on again.
  const end = Date.now() + SLOW;
  let difference;
  do {
    difference = psnr(alike("shown", Buffer.from(await shown(), "base64")), saved);
  } while (difference <= 35 && Date.now() < end);
  await page.locator("#pause").click();
  assert.ok(difference > 35, `the canvas is ${difference} dB from the saved frame`);
  await frames(page, 1);
});

test("another photo and another motion", { timeout }, async () => {
  const before = await page.locator("#photo").getAttribute("src");
  await page.locator("#photo-file").setInputFiles(sample("marta"));
  await page.waitForFunction((old) => document.getElementById("photo").getAttribute("src") !== old, before);
  const names = await page.evaluate(() => globalThis.ritratto.motions);
  assert.ok(names.length > 1);
  await page.locator("#builtin").selectOption(names[1]);
  await frames(page, 2);
  await page.locator('[data-sample="dario"]').click();
  await page.waitForSelector('[data-sample="dario"][aria-pressed="true"]');
  await frames(page, 1);
});

test("full size is drawn at once where it is asked for, and saved", { timeout }, async () => {
  await page.locator("#pause").click();
  const drawn = await page.evaluate(async (address) => {
    const { ritratto } = globalThis;
    const width = async () => (await createImageBitmap(await ritratto.saveFrame())).width;
    await ritratto.setPhoto(address);
    const scales = [(await ritratto.statistics()).scale];
    // Nothing moves: no frame comes that would be drawn in the new size by itself.
    await ritratto.options({ size: "full" });
    scales.push((await ritratto.statistics()).scale);
    return { scales, saved: await width() };
  }, "samples/marta.jpg");
  assert.deepEqual(drawn, { scales: [2, 1], saved: 900 });
  await until(page, () => document.getElementById("result").width === 900);
  await page.evaluate(() => globalThis.ritratto.options({ size: "auto" }));
  await page.locator("#pause").click();
  await frames(page, 1);
});

test("several faces: the largest is taken, and it says so", { timeout }, async () => {
  const two = picture(
    "two.jpg",
    ...["-i", sample("marta"), "-i", sample("dario")],
    ...["-filter_complex", "[1]scale=630:770,pad=630:1100:0:200:gray[b];[0][b]hstack"],
  );
  await page.locator("#photo-file").setInputFiles(two);
  assert.match(await notice(page, /faces/), /There are 2 faces in this photo/);
});

test("a webcam drives the portrait, landmarks are drawn, and a neutral face is taken", { timeout }, async () => {
  await page.locator('[data-driver="webcam"]').click();
  await page.waitForFunction(() => globalThis.ritratto.motion()?.coefficients && document.getElementById("driver-video").videoWidth > 0);
  await page.waitForFunction(() => !document.getElementById("neutral").disabled);
  await frames(page, 2);
  await page.locator("#landmarks").check();
  await page.locator("#transfer > summary").click();
  await page.locator("#neutral").click();
  await notice(page, /neutral|own expression/);
  await frames(page, 2);
  const drawn = await page.evaluate(() => {
    const canvas = document.getElementById("driver-face");
    const context = canvas.getContext("2d");
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const pixels = data.filter((value, index) => index % 4 === 3 && value > 0).length;
    return { pixels, onCpu: context.getContextAttributes().willReadFrequently };
  });
  assert.ok(drawn.pixels > 200, `${drawn.pixels} pixels of landmarks`);
  assert.ok(drawn.onCpu, "the page waits for the portrait's GPU work whenever it draws landmarks");
  const motion = await page.evaluate(() => {
    const { face, landmarks, coefficients, rotation } = globalThis.ritratto.motion();
    return { face, landmarks: landmarks.length, coefficients: coefficients.length, rotation: [...rotation] };
  });
  assert.equal(motion.face, true);
  assert.equal(motion.landmarks, 2 * 478);
  assert.equal(motion.coefficients, 52);
  assert.ok(Math.abs(Math.hypot(...motion.rotation) - 1) < 1e-4);
  await page.locator('[data-driver="builtin"]').click();
  await frames(page, 1);
});

test("a video file drives the portrait", { timeout }, async () => {
  await page.locator("#driver-file").setInputFiles(video());
  await page.waitForFunction(() => document.getElementById("driver-video").videoWidth > 0 && globalThis.ritratto.motion()?.face);
  await frames(page, 3);
  assert.equal(await page.locator("#file-note").textContent(), "driver.webm");
});

test("a frame and a clip are saved", { timeout }, async () => {
  const [frame] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  assert.equal(frame.suggestedFilename(), "ritratto.png");
  await page.locator("#record").click();
  await frames(page, 3);
  const [clip] = await Promise.all([page.waitForEvent("download"), page.locator("#record").click()]);
  assert.match(clip.suggestedFilename(), /^ritratto\.(webm|mp4)$/);
  const start = readFileSync(await clip.path());
  assert.ok(start.length > 2000, `${start.length} bytes`);
  // What it says of itself lies before its frames, where players look for it.
  const said = start.indexOf("AI-animated portrait, made with Ritratto");
  assert.ok(said > 0 && said < start.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75])), `${said}`);
  picture("clip.png", "-i", await clip.path());
});

test("nothing went wrong beside, and nothing was asked of another server", { timeout }, () => {
  assert.deepEqual(shared.errors, []);
  assert.deepEqual(shared.foreign, []);
});

test("someone who asks for less motion starts it by hand", { timeout }, async () => {
  await shared.context.close();
  const { page, context } = await open(shared.browser, shared.server.url, {
    context: { reducedMotion: "reduce" },
    prepare: smallSample(small()),
  });
  await notice(page, /less motion/);
  assert.equal(await page.locator("#pause").textContent(), "Play");
  // The portrait is there, as it is saved.
  assert.ok(await page.locator("#result").isVisible());
  assert.ok(!(await page.locator("#still").isVisible()));
  await page.locator("#pause").click();
  await frames(page, 2);
  await context.close();
});
