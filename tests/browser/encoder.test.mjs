// The encoder in Chromium against MediaPipe's own numbers.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { small } from "./assets.mjs";
import { SLOW, open, root, sharedBrowser } from "./harness.mjs";

const timeout = 5 * SLOW;
const folder = path.join(root, "tests/reference/photos");
const photos = readdirSync(folder).map((file) => file.replace(/\.\w+$/, ""));
/** Mean and worst landmark in outer-eye distances, worst coefficient; head pose in degrees and in parts of the
 * translation's length; detector's box and keypoints in pixels of its 128 x 128 input. */
const LIMITS = { mean: 0.001, worst: 0.004, coefficient: 0.01, degrees: 0.1, translation: 0.005, box: 1 };
/** MediaPipe stretches the depth of a face that leans in a picture that is not square, and with it the pose. Ritratto
 * does not: up to this stretch the poses can be compared as they are (the native parity test undoes it). */
const SAME_DEPTH = 0.001;

const shared = sharedBrowser();

/**
 * Sees the photos with the nets on `nets`; the core runs in the page itself.
 * @param {{plain?: boolean, threads?: number}} options `plain`: the modules for every browser; `threads` that a browser with as many
 *   processors has
 */
async function see(nets, names, { plain = false, threads = 1 } = {}) {
  // A page of this origin without a script of its own.
  const give = (name) => (name === "portrait" ? small() : path.join(folder, `${name}.webp`));
  const { page, context } = await open(shared.browser, `${shared.server.url}samples/CREDITS.md`, {
    prepare: (page, context) =>
      context.route("**/given/*", (route) => route.fulfill({ path: give(path.basename(route.request().url())) })),
  });
  const seen = await page.evaluate(
    async ({ nets, names, plain, threads }) => {
      if (plain) WebAssembly.validate = () => false;
      Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
      const core = await import("/pkg/ritratto_core.js");
      const { Files } = await import("/pkg/download.js");
      const { startThreads, netThreads } = await import("/pkg/threads.js");
      const files = await Files.of(new URL("/pkg/", location.href));
      const { module, models } = files.first(() => {});
      await core.default({ module_or_path: await module });
      await startThreads(files);
      if (netThreads() !== threads) throw new Error(`${netThreads()} threads were started`);
      const weights = new core.ModelFiles();
      for (const [name, bytes] of await models) weights.insert(name, bytes);
      const session = core.Session.create(await core.Graphics.open(undefined, "auto", nets), weights);
      const bytes = async (name) => {
        const response = await fetch(`/given/${name}`);
        if (!response.ok) throw new Error(`${name}: status ${response.status}`);
        return response.arrayBuffer();
      };
      await session.setPhoto(new Uint8Array(await bytes("portrait")));
      const seen = {};
      for (const name of names) {
        const bitmap = await createImageBitmap(new Blob([await bytes(name)]), { colorSpaceConversion: "none" });
        const { width, height } = bitmap;
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        session.startLive();
        const { data } = context.getImageData(0, 0, width, height);
        const [face] = await session.findFaces(data, width, height);
        const motion = await session.driveFrame(data, width, height, 0);
        let video = null;
        if (session.takesVideoFrames) {
          // As a camera gives it: it stays on the GPU, and in a mirror left is right.
          const views = [];
          for (const mirrored of [false, true]) {
            session.startLive();
            const frame = new VideoFrame(bitmap, { timestamp: 0 });
            views.push(await session.driveVideoFrame(frame, mirrored, 0));
            frame.close();
          }
          const apart = (a, b) => Math.max(...a.map((value, k) => Math.abs(value - b[k])));
          const columns = ({ landmarks }) => landmarks.filter((_, k) => k % 2 === 0);
          const middle = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
          video = {
            apart: apart(views[0].landmarks, motion.landmarks),
            mirrored: Math.abs(middle(columns(views[1])) + middle(columns(motion)) - 1),
          };
        }
        const lists = { ...motion, bounds: face?.bounds, keypoints: face?.keypoints };
        seen[name] = Object.fromEntries(
          ["landmarks", "coefficients", "rotation", "translation", "bounds", "keypoints"].map((list) => [list, [...(lists[list] ?? [])]]),
        );
        seen[name].video = video;
      }
      // Nets that threads work on are let go in time.
      session.free();
      return seen;
    },
    { nets, names, plain, threads },
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
    ...comparePose(stored, seen),
    box: compareBox(stored, seen),
  };
}

/** Largest difference of the detector's box and keypoints, pixels of its letterboxed input. */
function compareBox({ width, height, detector }, seen) {
  const side = Math.max(width, height);
  const scale = [width, height].map((length) => (length * 128) / side);
  const border = [width, height].map((length) => ((side - length) * 64) / side);
  const stored = [...detector.bounds, ...detector.keypoints.flat()];
  const found = [...seen.bounds, ...seen.keypoints].map((share, i) => share * scale[i % 2] + border[i % 2]);
  return Math.max(...stored.map((value, i) => Math.abs(value - found[i])));
}

/** Differences of the head's rotation and translation; none where MediaPipe's own depth is stretched. */
function comparePose({ width, height, matrix, detector }, seen) {
  const [right, left] = detector.keypoints;
  const lean = Math.atan2(left[1] - right[1], left[0] - right[0]);
  const stretch = Math.hypot(Math.cos(lean), (Math.sin(lean) * width) / height);
  if (Math.abs(stretch - 1) > SAME_DEPTH) return {};
  const place = matrix.slice(0, 3).map((row) => row[3]);
  const apart = Math.hypot(...place.map((value, i) => value - seen.translation[i]));
  return { degrees: angleTo(matrix, seen.rotation), translation: apart / Math.hypot(...place) };
}

/** Angle between the rotation in a matrix and a unit quaternion (w, x, y, z), degrees. */
function angleTo(matrix, [w, x, y, z]) {
  const turned = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
  /** An entry of the turn from one to the other. */
  const entry = (i, j) => [0, 1, 2].reduce((sum, k) => sum + turned[k][i] * matrix[k][j], 0);
  // From the skew part: the trace loses small angles to rounding. MediaPipe's matrix has a scale of 1 up to rounding.
  const sine = Math.hypot(entry(2, 1) - entry(1, 2), entry(0, 2) - entry(2, 0), entry(1, 0) - entry(0, 1)) / 2;
  const cosine = (entry(0, 0) + entry(1, 1) + entry(2, 2) - 1) / 2;
  return (Math.atan2(sine, cosine) * 180) / Math.PI;
}

async function check(nets, names, options) {
  const table = {};
  for (const [name, seen] of Object.entries(await see(nets, names, options))) {
    assert.equal(seen.coefficients.length, 52, `${name}: no face`);
    table[name] = compare(name, seen);
    assert.equal(seen.video !== null, nets === "gpu");
    if (seen.video) {
      assert.ok(seen.video.apart < 0.002, `${name}: as a video's frame the landmarks are ${seen.video.apart} of the picture apart`);
      assert.ok(seen.video.mirrored < 0.005, `${name}: in a mirror the face is ${seen.video.mirrored} of the picture off`);
    }
  }
  console.table(table);
  for (const [name, found] of Object.entries(table)) {
    for (const [figure, value] of Object.entries(found)) {
      assert.ok(value <= LIMITS[figure], `${name}: ${figure} ${value}`);
    }
  }
  assert.ok(Object.values(table).some((found) => "degrees" in found), "no pose was compared");
}

test("the nets on the CPU give MediaPipe's numbers", { timeout }, () => check("cpu", photos));

test("so do they without relaxed SIMD", { timeout }, () => check("cpu", photos.slice(0, 3), { plain: true }));

test("several threads give the very numbers that one gives", { timeout }, async () => {
  const few = photos.slice(0, 4);
  const wanted = await see("cpu", few);
  // Three are more than some machines have: then some are late, and the others do their share.
  assert.deepEqual(await see("cpu", few, { threads: 3 }), wanted);
  const plain = await see("cpu", few.slice(0, 1), { plain: true });
  assert.deepEqual(await see("cpu", few.slice(0, 1), { plain: true, threads: 2 }), plain);
});

// WebGPU in software takes a minute for a photo.
test("the nets on WebGPU give MediaPipe's numbers", { timeout }, () => check("gpu", photos.filter((name) => /p006_small/.test(name))));
