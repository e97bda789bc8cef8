// A face set by hand, and the options of how a driver's motion is carried over.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytes, pixels, psnr, small } from "./assets.mjs";
import { SLOW, frames, notice, savedFrame, sharedPage, until } from "./harness.mjs";

const timeout = 2 * SLOW;
let page;
const shared = sharedPage(() => ({ sample: small() }), (opened) => {
  page = opened;
});
/** The picture with which the editor opens, and the portrait at rest: file and pixels. */
let first;
let rest;

/** The picture on show once it no longer changes. */
async function settled(name) {
  const end = Date.now() + SLOW;
  let before = null;
  while (Date.now() < end) {
    const file = bytes(`${name}.png`, await savedFrame(page));
    const now = pixels(file);
    if (before?.equals(now)) return { file, pixels: now };
    before = now;
  }
  throw new Error(`the picture "${name}" does not settle`);
}

const note = () => page.locator("#editor-note").textContent();

test("the editor opens on the photo's own face", { timeout }, async () => {
  await page.locator('[data-driver="editor"]').click();
  await page.waitForFunction(() => document.getElementById("pause").disabled);
  assert.ok(await page.locator("#editor").isVisible());
  assert.ok(!(await page.locator("#transfer").isVisible()));
  first = await settled("first");
  await page.evaluate(() => globalThis.ritratto.stop());
  rest = await settled("rest");
  const difference = psnr(first.file, rest.file);
  assert.ok(difference > 50, `the editor opens ${difference} dB from the photo`);
  assert.equal(await page.locator("#editor .undo:enabled").count(), 0, "there is something to reset at the start");
});

test("the smile slider moves the portrait by keyboard, and a reset takes it back bit for bit", { timeout }, async () => {
  const smile = page.locator("#slider-smile");
  await smile.focus();
  const start = Number(await smile.inputValue());
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
  assert.ok(Math.abs(Number(await smile.inputValue()) - start - 0.05) < 1e-6);
  await page.keyboard.press("End");
  assert.equal(await smile.getAttribute("aria-valuetext"), "100%");
  assert.equal(await page.locator('output[for="slider-smile"]').textContent(), "100%");
  const difference = psnr(first.file, (await settled("smile")).file);
  assert.ok(difference < 50, `the smile changes the picture by ${difference} dB`);
  await page.locator("#editor-reset").click();
  assert.match(await note(), /photo's own/);
  assert.ok((await settled("back")).pixels.equals(first.pixels), "the first picture is not back");
});

test("one slider is reset by its button and by a double-click", { timeout }, async () => {
  const jaw = page.locator("#slider-jawOpen");
  const start = await jaw.inputValue();
  await jaw.focus();
  await page.keyboard.press("End");
  const opened = await settled("jaw");
  assert.ok(!opened.pixels.equals(first.pixels));
  await page.getByRole("button", { name: "Reset: Jaw open" }).click();
  assert.equal(await jaw.inputValue(), start);
  assert.ok(await jaw.evaluate((slider) => document.activeElement === slider), "the focus is lost");
  assert.ok((await settled("jaw-back")).pixels.equals(first.pixels));
  const turn = page.locator("#slider-yaw");
  await turn.focus();
  await page.keyboard.press("End");
  assert.equal(await turn.getAttribute("aria-valuetext"), "25° right");
  await turn.dblclick();
  assert.equal(await turn.inputValue(), "0");
  assert.ok((await settled("turn-back")).pixels.equals(first.pixels));
});

test("a preset changes the portrait, and sliders go on from it", { timeout }, async () => {
  await page.locator('[data-preset="surprise"]').click();
  assert.match(await note(), /surprise/);
  const surprise = await settled("surprise");
  assert.ok(psnr(first.file, surprise.file) < 50);
  assert.equal(await page.locator('output[for="slider-browsUp"]').textContent(), "85%");
  await page.locator("#slider-jawOpen").focus();
  await page.keyboard.press("Home");
  assert.equal(await page.locator('output[for="slider-browsUp"]').textContent(), "85%");
  assert.ok(!(await settled("less")).pixels.equals(surprise.pixels));
  await page.locator("#editor-reset").click();
  assert.ok((await settled("back")).pixels.equals(first.pixels));
});

test("the expression becomes a motion file that drives", { timeout }, async () => {
  await page.locator('[data-preset="smile"]').click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#editor-motion").click()]);
  assert.equal(file.suggestedFilename(), "expression.rmotion");
  assert.ok(readFileSync(await file.path()).length > 500);
  const seconds = await page.evaluate(async () => {
    const motion = await globalThis.ritratto.expressionAsMotion({ coefficients: { mouthSmileLeft: 1 }, roll: 5 });
    return (await globalThis.ritratto.drive(motion)).seconds;
  });
  assert.ok(Math.abs(seconds - 1) < 0.05, `${seconds} s`);
});

test("calls never queue up, and a driver waits for an expression", { timeout }, async () => {
  await page.locator('[data-driver="builtin"]').click();
  await page.waitForFunction(() => !document.getElementById("pause").disabled);
  await frames(page, 1);
  const drawn = await page.evaluate(async () => {
    const { ritratto } = globalThis;
    await ritratto.setExpression({ yaw: 1 });
    const before = (await ritratto.statistics()).frames;
    await Promise.all(Array.from({ length: 20 }, (_, i) => ritratto.setExpression({ yaw: i / 2 })));
    return (await ritratto.statistics()).frames - before;
  });
  assert.equal(drawn, 2, "the first and the newest");
  const held = await settled("held");
  await page.waitForTimeout(1500);
  assert.ok((await settled("held-still")).pixels.equals(held.pixels), "the driver did not wait");
  await page.evaluate(() => globalThis.ritratto.pause(false));
  await frames(page, 2);
  await page.evaluate(async () => {
    const { ritratto } = globalThis;
    const calls = [5, 10, 15].map((yaw) => ritratto.setExpression({ yaw }));
    await Promise.all([...calls, ritratto.stop()]);
  });
  assert.ok((await settled("stopped")).pixels.equals(rest.pixels), "an expression was drawn after stop()");
  await page.locator('[data-driver="builtin"]').click();
  await frames(page, 1);
});

test("transfer options and expressions that cannot be are refused with a code", { timeout }, async () => {
  const codes = await page.evaluate(async () => {
    const { ritratto } = globalThis;
    const refused = [
      () => ritratto.setTransfer({ expression: 3 }),
      () => ritratto.setTransfer({ lips: -0.1 }),
      () => ritratto.setTransfer({ mode: "sideways" }),
      () => ritratto.setTransfer({ strength: 1 }),
      () => ritratto.setTransfer({ mirror: 1 }),
      () => ritratto.setExpression({ coefficients: { grin: 1 } }),
      () => ritratto.setExpression({ coefficients: new Float32Array(51) }),
      () => ritratto.setExpression({ pitch: Number.NaN }),
      () => ritratto.expressionAsMotion({ coefficients: { jawOpen: Number.POSITIVE_INFINITY } }),
    ];
    const codes = [];
    for (const call of refused) codes.push(await call().then(() => "accepted", (error) => error.code));
    return codes;
  });
  assert.deepEqual(new Set(codes), new Set(["option"]), codes.join(", "));
  const { names, usual, some } = await page.evaluate(async () => {
    const { ritratto } = globalThis;
    const usual = await ritratto.setTransfer({});
    const some = await ritratto.setTransfer({ lips: 1.5, mode: "relative" });
    await ritratto.setTransfer(usual);
    return { names: ritratto.expressionNames, usual, some };
  });
  assert.equal(names.length, 52);
  assert.deepEqual(usual, { mode: "absolute", expression: 1, pose: 1, eyes: 1, lips: 1, mirror: false });
  assert.deepEqual(some, { ...usual, lips: 1.5, mode: "relative" });
});

test("the panel sets the transfer options and resets them", { timeout }, async () => {
  await page.locator("#transfer > summary").click();
  const force = () => page.evaluate(() => globalThis.ritratto.setTransfer({}));
  await page.locator("#slider-pose").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator('[name="transfer-mode"][value="relative"]').check();
  await page.locator("#transfer-mirror").check();
  const set = await force();
  assert.deepEqual([set.pose, set.mode, set.mirror, set.eyes], [1.05, "relative", true, 1]);
  await frames(page, 1);
  await page.locator("#transfer-reset").click();
  await page.waitForFunction(() => document.getElementById("slider-pose").value === "1");
  assert.ok(!(await page.locator("#transfer-mirror").isChecked()));
  assert.ok(await page.locator('[name="transfer-mode"][value="absolute"]').isChecked());
  assert.equal((await force()).pose, 1);
});

test("a strength stays where it was put while answers are on their way", { timeout }, async () => {
  await page.evaluate(() => {
    const { ritratto } = globalThis;
    globalThis.answers = [];
    ritratto.setTransfer = async (values) => {
      const force = await Object.getPrototypeOf(ritratto).setTransfer.call(ritratto, values);
      await new Promise((resolve) => globalThis.answers.push(resolve));
      return force;
    };
  });
  await page.evaluate(() => {
    document.getElementById("transfer").open = true;
  });
  const slider = page.locator("#slider-pose");
  await slider.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  const shown = async () => [await slider.inputValue(), await page.locator('output[for="slider-pose"]').textContent()];
  assert.deepEqual(await shown(), ["1.15", "1.15×"]);
  await page.waitForFunction(() => globalThis.answers.length === 3);
  for (let i = 0; i < 3; i++) {
    await page.evaluate((i) => globalThis.answers[i](), i);
    await page.waitForTimeout(50);
    assert.deepEqual(await shown(), ["1.15", "1.15×"], `after answer ${i}`);
  }
  await page.evaluate(() => delete globalThis.ritratto.setTransfer);
  await page.locator("#transfer-reset").click();
  assert.deepEqual(await shown(), ["1", "1.00×"]);
});

test("a neutral face that was set stays with another photo", { timeout }, async () => {
  const photo = small(300);
  await page.evaluate(async () => {
    const { ritratto } = globalThis;
    await ritratto.drive(await ritratto.expressionAsMotion({ yaw: 20 }));
    await ritratto.setNeutral();
  });
  await frames(page, 2);
  await page.locator("#photo-file").setInputFiles(photo);
  await page.waitForFunction(() => document.getElementById("photo").naturalWidth === 300);
  await frames(page, 2);
  const driven = bytes("driven.png", await savedFrame(page));
  await page.evaluate(() => globalThis.ritratto.setExpression({ yaw: 20 }));
  const turnedBy = psnr(driven, bytes("turned.png", await savedFrame(page)));
  await page.evaluate(() => globalThis.ritratto.setExpression({}));
  const straight = psnr(driven, bytes("straight.png", await savedFrame(page)));
  assert.ok(straight > turnedBy + 6, `${straight} dB from straight, ${turnedBy} dB from turned`);
  await page.evaluate(() => globalThis.ritratto.pause(false));
});

test("a mirror that is switched under a live driver leaves the portrait where it is", { timeout }, async () => {
  const moved = await page.evaluate(async () => {
    const { ritratto } = globalThis;
    const face = await createImageBitmap(await (await fetch("samples/dario.jpg")).blob());
    // A face at the picture's side, which leans.
    const canvas = new OffscreenCanvas(480, 360);
    const context = canvas.getContext("2d");
    context.fillStyle = "gray";
    context.fillRect(0, 0, 480, 360);
    context.translate(170, 180);
    context.rotate(0.2);
    context.drawImage(face, -120, -150, 240, 293);
    /** Drives with the picture for so long, milliseconds; the roll that was seen last. */
    const drive = async (long) => {
      const start = performance.now();
      let motion;
      do {
        ({ motion } = await ritratto.drive(await createImageBitmap(canvas)));
      } while (performance.now() - start < long);
      return motion.angles[2];
    };
    const rolls = [await drive(1500)];
    const pictures = [await ritratto.saveFrame()];
    const recording = await ritratto.recordMotion();
    rolls.push(await drive(300));
    await ritratto.options({ mirrored: true });
    rolls.push(await drive(500));
    pictures.push(await ritratto.saveFrame());
    // The recording goes on the way round that it began.
    const { seconds } = await ritratto.drive(await recording.stop(), { at: 60, loop: false });
    pictures.push(await ritratto.saveFrame());
    await ritratto.options({ mirrored: false });
    const base64 = async (blob) => {
      let text = "";
      for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
      return btoa(text);
    };
    return { rolls, seconds, pictures: await Promise.all(pictures.map(base64)) };
  });
  const [, roll, mirrored] = moved.rolls;
  assert.ok(Math.abs(roll) > 5 && Math.abs(roll + mirrored) < 3, `the head leans by ${roll} and ${mirrored} degrees`);
  assert.ok(moved.seconds > 0.5, `${moved.seconds} s of both ways`);
  const [before, after, recorded] = moved.pictures.map((picture, k) => bytes(`mirror${k}.png`, Buffer.from(picture, "base64")));
  // Shoved aside, as far as it goes, it is 12 dB from there.
  const apart = [after, recorded].map((picture) => psnr(before, picture));
  assert.ok(Math.min(...apart) > 20, `the portrait is ${apart} dB from where it was`);
});

test("every control has a name, and every group of sliders a legend", { timeout }, async () => {
  const nameless = await page.evaluate(() => {
    const fields = [...document.querySelectorAll("input:not([hidden]), select, progress")].filter((field) => !field.labels.length);
    const buttons = [...document.querySelectorAll("button")].filter(
      (button) => !(button.getAttribute("aria-label") ?? button.textContent).trim() && !button.querySelector("img[alt]"),
    );
    const groups = [...document.querySelectorAll("fieldset")].filter((group) => !group.querySelector("legend")?.textContent);
    return [...fields, ...buttons, ...groups].map((element) => element.outerHTML);
  });
  assert.deepEqual(nameless, []);
  const silent = await page.locator('input[type="range"]:not([aria-valuetext])').count();
  assert.equal(silent, 0, "sliders that do not say their value");
});

test("it fits a phone", { timeout }, async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const driver of ["editor", "builtin"]) {
    await page.locator(`[data-driver="${driver}"]`).click();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${driver}: the page is ${wide} pixels wide`);
  }
});

test("nothing went wrong beside", { timeout }, () => {
  assert.deepEqual(shared.errors, []);
  assert.deepEqual(shared.foreign, []);
});

test("a worker that stops comes back with the expression", { timeout }, async () => {
  await page.locator('[data-driver="editor"]').click();
  await page.locator('[data-preset="angry"]').click();
  const angry = await settled("angry");
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error("a test"); }));
  await notice(page, /starting again/);
  // The new worker has drawn nothing before the expression, and has no picture before it has a photo.
  await until(page, async () => (await globalThis.ritratto.statistics()).frames > 0);
  await until(page, () => globalThis.ritratto.saveFrame().then(() => true, () => false));
  const difference = psnr(angry.file, (await settled("angry-again")).file);
  assert.ok(difference > 50, `the expression comes back ${difference} dB from what it was`);
});

test("another photo starts from its own expression", { timeout }, async () => {
  assert.ok((await page.locator("#editor .undo:enabled").count()) > 0);
  await page.locator('[data-sample="dario"]').click();
  await page.waitForSelector('[data-sample="dario"][aria-pressed="true"]');
  assert.equal(await page.locator("#editor .undo:enabled").count(), 0);
  assert.equal(await note(), "");
});
