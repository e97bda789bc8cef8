// What the command asks of the page, one call a part. Everything runs in this page: module and rivals alike.

import { moduleName } from "/core/processor.js";
import * as core from "/core/ritratto_core.js";
import { netThreads, startThreads } from "/core/threads.js";
import * as encoder from "./encoder.js";
import * as nets from "./nets.js";
import { photoOf, refined, sessionOn, timeStages } from "./stages.js";
import { takeTurns } from "./statistics.js";

/** Outputs of two runtimes may differ by this much, in shares of the largest. */
const TOLERANCE = 1e-3;

async function bytes(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function start() {
  await core.default({ module_or_path: `/core/${moduleName()}` });
  await startThreads({ module: (name) => WebAssembly.compileStreaming(fetch(`/core/${name}`)) });
  const names = Object.keys(await (await fetch("/models/manifest.json")).json());
  const models = await Promise.all(names.map(async (name) => [name, await bytes(`/models/${name}`)]));
  const picture = async (name) => createImageBitmap(new Blob([await bytes(`/samples/${name}.jpg`)]));
  // As many as there are now: fewer than the machine has where ours gains nothing from more, one where the page may have no others.
  return { threads: netThreads(), models, portrait: await picture("asha"), driver: await picture("dario") };
}

const ready = start();

/** Who runs the nets, by class of provider; on the CPU each on one thread and on as many as ours has. */
const RUNTIMES = {
  cpu: (threads) => ({
    "Ritratto, 1 thread": (models, given) => nets.ours(core, models, "cpu", 1, given),
    ...(threads > 1 && { [`Ritratto, ${threads} threads`]: (models, given) => nets.ours(core, models, "cpu", threads, given) }),
    "ONNX Runtime Web, 1 thread": (_, given) => nets.rival("wasm", 1, given),
    ...(threads > 1 && { [`ONNX Runtime Web, ${threads} threads`]: (_, given) => nets.rival("wasm", threads, given) }),
  }),
  gpu: () => ({
    Ritratto: (models, given) => nets.ours(core, models, "gpu", 1, given),
    "ONNX Runtime Web": (_, given) => nets.rival("webgpu", 1, given),
  }),
};

const opened = {};

/** The runtimes of a class, each opened once. */
function runtimes(where) {
  opened[where] ??= ready.then(async ({ threads, models, portrait }) => {
    const given = nets.inputs(portrait);
    const found = {};
    for (const [name, open] of Object.entries(RUNTIMES[where](threads))) found[name] = await open(models, given);
    return found;
  });
  return opened[where];
}

globalThis.bench = {
  async machine() {
    const { threads } = await ready;
    const adapter = await navigator.gpu?.requestAdapter();
    const { vendor = "", architecture = "", device = "", description = "" } = adapter?.info ?? {};
    return { threads, isolated: crossOriginIsolated, adapter: [vendor, architecture, device, description].filter(Boolean).join(" ") };
  },

  /** Names of the nets. */
  nets: () => Object.keys(nets.NETS),

  /** One net on every runtime of a class: its times, and how far the rivals' outputs are from ours. */
  async net(name, where, turns) {
    const works = {};
    for (const [runtime, { net }] of Object.entries(await runtimes(where))) works[runtime] = await net(name);
    const wanted = await Object.values(works)[0]();
    const apart = {};
    for (const [runtime, work] of Object.entries(works)) {
      apart[runtime] = nets.difference(await work(), wanted);
      if (!(apart[runtime] < TOLERANCE)) throw new Error(`${name}: the output of ${runtime} is ${apart[runtime]} from the first`);
    }
    return { times: await takeTurns(works, turns), apart };
  },

  /** What the device can do at most, operations and bytes a second, and what a run of each net asks of it. */
  async roof(where) {
    const [ours] = Object.values(await runtimes(where));
    const costs = Object.keys(nets.NETS).map((name) => [name, ours.cost(name)]);
    return { peak: await ours.peak(), costs: Object.fromEntries(costs) };
  },

  /** Following a face, against MediaPipe where its model is there. */
  async encoder(where, turns, withRival) {
    const { models, driver } = await ready;
    const session = await sessionOn(core, models, where);
    const works = { Ritratto: encoder.ours(core, session, encoder.movingFace(driver)) };
    if (withRival) works.MediaPipe = await encoder.rival(where === "gpu" ? "GPU" : "CPU", encoder.movingFace(driver));
    const times = await takeTurns(works, turns);
    session.free();
    return times;
  },

  /** A driven frame's stages at a photo of so many pixels, without and with the refiner. */
  async stages(where, side, count, withRefiner) {
    const { models, portrait, driver } = await ready;
    const session = await sessionOn(core, models, where);
    const photo = await photoOf(portrait, side);
    const start = performance.now();
    const { width, height } = await session.setPhoto(photo);
    const prepared = performance.now() - start;
    if (withRefiner) await refined(session, models, true);
    const times = await timeStages(session, driver, count);
    session.free();
    return { width, height, prepared, times };
  },
};
