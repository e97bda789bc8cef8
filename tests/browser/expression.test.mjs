// The logic of editor and package that needs no browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Draft, asExpression } from "../../www/draft.js";
import { PRESETS, SLIDERS, faceOf, moved, moves, presetFace, valueOf, words } from "../../www/expression.js";
import { checkedExpression, overOwn } from "../../www/package/expression.js";
import { Latest } from "../../www/package/latest.js";
import { TRANSFER, checkOptions } from "../../www/package/options.js";

const rust = readFileSync(new URL("../../src/motion/mod.rs", import.meta.url), "utf8");
const names = [...rust.match(/COEFFICIENT_NAMES: [^=]*= \[([^\]]*)\]/)[1].matchAll(/"(\w+)"/g)].map(([, name]) => name);
/** What a photo might show: single precision, left and right not the same. */
const photo = Float32Array.from(names, (_, index) => ((index * 37) % 101) / 150);
const own = faceOf(names, photo);
const slider = (id) => SLIDERS.find((about) => about.id === id);
const close = (a, b, message) => assert.ok(Math.abs(a - b) < 1e-6, `${message}: ${a} and ${b}`);
const steps = ({ min, max }) => Array.from({ length: 21 }, (_, i) => min + ((max - min) * i) / 20);

test("every slider moves coefficients that exist, and none of another's", () => {
  assert.equal(names.length, 52);
  const all = SLIDERS.flatMap(moves);
  assert.equal(new Set(all).size, all.length);
  for (const name of all) assert.ok(name in own, name);
  assert.equal(new Set(SLIDERS.map(({ id }) => id)).size, SLIDERS.length);
});

test("a slider's value comes back from the face that it makes", () => {
  for (const start of [own, presetFace("laugh", own), faceOf(names, names.map(() => 0)), faceOf(names, names.map(() => 1))]) {
    for (const about of SLIDERS) {
      for (const value of steps(about)) {
        const changes = moved(about, value, start);
        close(valueOf(about, { ...start, ...changes }), value, about.id);
        for (const [name, share] of Object.entries(changes)) {
          assert.ok(moves(about).includes(name), `${about.id} moves ${name}`);
          assert.ok(about.angle || (share >= 0 && share <= 1), `${name} is ${share}`);
        }
      }
    }
  }
});

test("the coefficients of one slider move by the same change until one has no room", () => {
  const start = { ...own, mouthSmileLeft: 0.2, mouthSmileRight: 0.4 };
  const cases = [
    [0.3, 0.2, 0.4],
    [0.5, 0.4, 0.6],
    [0.85, 0.75, 0.95],
    [0.95, 0.9, 1],
    [1, 1, 1],
    [0.05, 0, 0.1],
    [0, 0, 0],
  ];
  for (const [value, left, right] of cases) {
    const { mouthSmileLeft, mouthSmileRight } = moved(slider("smile"), value, start);
    close(mouthSmileLeft, left, `left at ${value}`);
    close(mouthSmileRight, right, `right at ${value}`);
  }
});

test("left and right are the picture's", () => {
  const straight = presetFace("neutral", faceOf(names, names.map(() => 0)));
  const right = moved(slider("gazeAcross"), 1, straight);
  assert.deepEqual([right.eyeLookOutLeft, right.eyeLookInRight, right.eyeLookInLeft, right.eyeLookOutRight], [1, 1, 0, 0]);
  assert.equal(moved(slider("gazeUp"), -1, straight).eyeLookDownLeft, 1);
  assert.equal(moved(slider("lidLeft"), 1, straight).eyeBlinkRight, 1);
  assert.equal(moved(slider("jawAcross"), 0.1, straight).jawLeft, 0.1);
  assert.equal(moved(slider("mouthAcross"), -0.5, straight).mouthRight, 0.5);
  // Roll is counter-clockwise: the head leans to the picture's left.
  assert.deepEqual(moved(slider("roll"), 10, straight), { roll: -10 });
});

test("values in words", () => {
  assert.equal(words(slider("smile"), 0.354), "35%");
  assert.equal(words(slider("yaw"), -12), "12° left");
  assert.equal(words(slider("pitch"), 2.5), "2.5° up");
  assert.equal(words(slider("gazeUp"), 0.001), "0%");
  assert.equal(words(slider("jawAcross"), slider("jawAcross").min), "100% left");
  assert.equal(words(slider("mouthAcross"), slider("mouthAcross").max / 4), "25% right");
});

test("a draft is exactly the photo until something moves, and again after a reset", () => {
  const draft = new Draft(own);
  const wanted = () => overOwn(photo, checkedExpression(asExpression(draft.face), names).coefficients, names);
  assert.deepEqual(wanted(), photo);
  for (const about of SLIDERS) {
    assert.ok(draft.isOwn(about));
    draft.move(about, about.max);
    assert.equal(draft.value(about), about.max);
    assert.ok(!draft.isOwn(about));
    draft.reset(about);
    assert.deepEqual(draft.face, own, about.id);
  }
  draft.preset("surprise");
  draft.move(slider("yaw"), 7);
  assert.equal(asExpression(draft.face).yaw, 7);
  draft.reset();
  assert.deepEqual(draft.face, own);
});

test("going there and back leaves the two sides as they were", () => {
  const draft = new Draft(own);
  const { mouthSmileLeft, mouthSmileRight } = own;
  assert.notEqual(mouthSmileLeft, mouthSmileRight);
  draft.move(slider("smile"), 1);
  draft.move(slider("smile"), valueOf(slider("smile"), own));
  close(draft.face.mouthSmileLeft, mouthSmileLeft, "left");
  close(draft.face.mouthSmileRight, mouthSmileRight, "right");
});

test("presets", async (t) => {
  for (const name of Object.keys(PRESETS)) {
    await t.test(name, () => {
      const draft = new Draft(own);
      draft.preset(name);
      const { coefficients, yaw, pitch, roll } = checkedExpression(asExpression(draft.face), names);
      assert.deepEqual(Object.keys(coefficients).sort(), [...names].sort());
      assert.ok(Object.values(coefficients).every((value) => value >= 0 && value <= 1));
      assert.ok([yaw, pitch, roll].every((value) => Math.abs(value) <= 25));
      for (const [entry, value] of Object.entries(PRESETS[name])) assert.equal(draft.face[entry], value);
      // The sliders show it, and a slider put where it stands changes nothing.
      for (const about of SLIDERS) {
        const value = draft.value(about);
        assert.ok(value >= about.min && value <= about.max);
        for (const [entry, share] of Object.entries(moved(about, value, draft.face))) close(share, draft.face[entry], entry);
      }
      // One slider given back is the photo's; the others stay the preset's.
      draft.reset(slider("browsUp"));
      assert.equal(draft.face.browInnerUp, own.browInnerUp);
      assert.equal(draft.face.mouthSmileLeft, presetFace(name, own).mouthSmileLeft);
    });
  }
});

test("the package takes some coefficients or all, and names what it refuses", () => {
  const part = checkedExpression({ coefficients: { jawOpen: 0.5 }, yaw: 3 }, names);
  assert.deepEqual([part.yaw, part.pitch, part.roll], [3, 0, 0]);
  const all = overOwn(photo, part.coefficients, names);
  assert.equal(all[names.indexOf("jawOpen")], 0.5);
  assert.equal(all[names.indexOf("jawLeft")], photo[names.indexOf("jawLeft")]);
  assert.deepEqual(overOwn(photo, checkedExpression({}, names).coefficients, names), photo);
  assert.deepEqual(overOwn(new Float32Array(52), checkedExpression({ coefficients: photo }, names).coefficients, names), photo);
  assert.deepEqual(checkedExpression(part, names), part);
  const refused = [
    { coefficients: { smile: 1 } },
    { coefficients: { jawOpen: Number.NaN } },
    { coefficients: { jawOpen: "1" } },
    { coefficients: [1, 2, 3] },
    { yaw: Number.POSITIVE_INFINITY },
    { jawOpen: 1 },
  ];
  for (const expression of refused) assert.throws(() => checkedExpression(expression, names), { code: "option" });
  assert.throws(() => checkOptions({ strength: 1 }, TRANSFER), { code: "option" });
  assert.throws(() => checkOptions({ eyes: "1" }, TRANSFER), { code: "option" });
  checkOptions({ eyes: 2, mirror: true, mode: "relative" }, TRANSFER);
});

test("of the calls that wait only the newest is made", async () => {
  const made = [];
  const ends = [];
  const latest = new Latest((value) => {
    made.push(value);
    return new Promise((resolve, reject) => ends.push({ resolve, reject }));
  });
  const first = latest.call(1);
  const others = [latest.call(2), latest.call(3), latest.call(4)];
  assert.deepEqual(made, [1]);
  ends[0].reject(new Error("a test"));
  await assert.rejects(first);
  await new Promise(setImmediate);
  assert.deepEqual(made, [1, 4]);
  ends[1].resolve("drawn");
  assert.deepEqual(await Promise.all(others), ["drawn", "drawn", "drawn"]);
  const next = latest.call(5);
  ends[2].resolve();
  await next;
  assert.deepEqual(made, [1, 4, 5]);
});
