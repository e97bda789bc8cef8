// Our own frame, stage by stage.

import { HEIGHT, WIDTH, movingFace } from "./encoder.js";
import { summary } from "./statistics.js";

const REFINER = "refiner.safetensors";

/** A portrait with its canvas; nets and drawing on `"cpu"` or `"gpu"`. */
export async function sessionOn(core, models, where) {
  const weights = new core.ModelFiles();
  for (const [name, bytes] of models) if (name !== REFINER) weights.insert(name, bytes);
  const canvas = document.createElement("canvas").transferControlToOffscreen();
  const session = core.Session.create(await core.Graphics.open(canvas, where, where), weights);
  // What a size costs is measured, so nothing may change it.
  session.setSize("full");
  return session;
}

/** The picture as the bytes of a JPEG file whose long side has `side` pixels. */
export async function photoOf(picture, side) {
  const scale = side / Math.max(picture.width, picture.height);
  const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  return new Uint8Array(await blob.arrayBuffer());
}

/** Milliseconds of each stage over `count` driven frames, after the first ones, which compile. */
export async function timeStages(session, driver, count, warmUp = 2) {
  const face = movingFace(driver);
  const times = {};
  session.startLive();
  for (let k = 0; k < count + warmUp; k++) {
    face.next();
    const stages = await session.timeFrame(face.pixels(), WIDTH, HEIGHT, k / 30);
    if (k < warmUp) continue;
    stages["whole frame"] = Object.values(stages).reduce((sum, time) => sum + time, 0);
    for (const [stage, time] of Object.entries(stages)) (times[stage] ??= []).push(time);
  }
  return Object.fromEntries(Object.entries(times).map(([stage, values]) => [stage, summary(values)]));
}

/** Switches the refiner, whose model has come. */
export async function refined(session, models, on) {
  if (on) session.loadRefiner(models.find(([name]) => name === REFINER)[1]);
  await session.setRefine(on ? "on" : "off");
}
