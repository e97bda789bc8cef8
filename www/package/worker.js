// The module worker: owns the wasm core, what draws, and the canvas. Calls take turns.

import init, { Graphics, ModelFiles, Session, builtinMotions, clipTags, expressionNames, memoryBytes } from "./ritratto_core.js";
import { Files } from "./download.js";
import { overOwn } from "./expression.js";
import { TRANSFER } from "./options.js";
import { pixels } from "./pixels.js";
import { Refinement } from "./refinement.js";
import { sharedBytes, startThreads } from "./threads.js";

/** Longest time between two frames of a motion, seconds: after a longer interruption it goes on from where it was. */
const LONGEST_STEP = 1;

/** @type {Session | undefined} */
let session;
/** @type {Refinement | undefined} */
let refinement;
let hasPhoto = false;
let paused = false;
let mirrored = false;
let transfer = TRANSFER;
/** Names of the coefficients, and those that the photo shows. */
let names = [];
let own = new Float32Array();
let frames = 0;
/** The driver's motion: `{seconds, position, last, loop, ended}`. */
let motion = null;
let looping = false;
/** Number of the newest recording of a motion. */
let recording = null;
/** Whether the browser copies this driver's frames straight to the GPU. Some do not, which only the first try shows. */
let copies = true;
/** The tier in force, as the main thread was told last. */
let tier = {};

const now = () => performance.now() / 1000;
const tell = (event, more) => postMessage({ event, ...more });
/** An error that can be posted. The browser's own have numbers for codes, or none. */
const failure = ({ code, message }) => ({ code: typeof code === "string" ? code : "internal", message });

/** Whatever gets here unhandled has left the core in an unknown state. */
const crash = (event) => {
  event.preventDefault();
  tell("crash", { message: `The program stopped (${event.reason?.message ?? event.message ?? "unknown reason"}).` });
};
self.addEventListener("error", crash);
self.addEventListener("unhandledrejection", crash);

let turn = Promise.resolve();
function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

const calls = {
  async create({ canvas, draw, nets, list }) {
    const started = performance.now();
    const times = {};
    let last = started;
    /** Notes what passed since the part before. */
    const passed = (part) => {
      times[part] = performance.now() - last;
      last = performance.now();
    };
    const files = await Files.of(new URL("./", import.meta.url), list);
    const { module, models } = files.first((progress) => tell("progress", progress));
    // Whichever fails first is reported; the other must not count as unhandled then.
    models.catch(() => {});
    await init({ module_or_path: await module });
    passed("module");
    // The GPU opens and compiles its pipelines while the models are still on their way.
    const graphics = await Graphics.open(canvas, draw, nets);
    passed("gpu");
    // The main thread is told at once: a portrait at rest gives the GPU no work that would reveal the loss.
    graphics.lost?.then(({ reason, message }) => {
      if (reason !== "destroyed") tell("error", { code: "gpu", message: `The GPU was lost (${message || reason}).` });
    });
    const threads = graphics.hasNetsGpu ? null : startThreads(files);
    const weights = new ModelFiles();
    try {
      for (const [name, bytes] of await models) weights.insert(name, bytes);
    } catch (error) {
      // A kept file may have been damaged where it lies: the next visit fetches it.
      if (error.code === "model-corrupt") await files.forget();
      throw error;
    }
    passed("models");
    // The session waits for the threads: nets that are loaded before they are there would run on one thread.
    await threads;
    session = Session.create(graphics, weights);
    passed("nets");
    refinement = new Refinement(session, files, inTurn);
    names = expressionNames();
    own = new Float32Array(names.length);
    const tags = Object.fromEntries(["video/webm", "video/mp4"].map((type) => [type, clipTags(type)]));
    return { motions: builtinMotions(), expressionNames: names, tags, list: files.list, device: session.describe(), times };
  },

  async setPhoto(bytes) {
    const about = await session.setPhoto(bytes);
    hasPhoto = true;
    own = about.coefficients;
    tellTier();
    run();
    refine();
    return about;
  },

  startLive() {
    motion = null;
    // A frame that could not be copied says nothing of the next driver's.
    copies = true;
    session.startLive();
  },

  /** One frame of a live driver: ImageBitmap or VideoFrame. */
  async frame(picture) {
    if (!hasPhoto || paused) {
      picture.close();
      return null;
    }
    const seen = await follow(picture);
    tellTier();
    frames++;
    tell("frame", { motion: seen });
    return seen;
  },

  /** The faces in a single picture. */
  async faces(picture) {
    const { data, width, height } = pixels(picture, false);
    return session.findFaces(data, width, height);
  },

  /** A motion: the name of a built-in one or the bytes of a motion file. */
  async startMotion(source, { at = 0, loop = true }) {
    const seconds = typeof source === "string" ? session.startBuiltin(source) : session.startMotionFile(source);
    motion = { seconds, position: Math.max(0, at), last: now(), loop, ended: false };
    if (hasPhoto) await show();
    run();
    return seconds;
  },

  pause(on) {
    paused = on;
    if (motion) motion.last = now();
    run();
  },

  async rest() {
    motion = null;
    await session.rest();
  },

  setNeutral() {
    session.setNeutral();
  },

  /** Takes over some of the options; returns all of them. */
  setTransfer(values) {
    const { mode, expression, pose, eyes, lips, mirror } = { ...transfer, ...values };
    session.setTransfer(mode, expression, pose, eyes, lips, mirror);
    transfer = { mode, expression, pose, eyes, lips, mirror };
    return transfer;
  },

  async setExpression({ coefficients, yaw, pitch, roll }) {
    await session.setExpression(overOwn(own, coefficients, names), yaw, pitch, roll);
    frames++;
  },

  expressionMotion: ({ coefficients, yaw, pitch, roll }) =>
    session.expressionMotion(overOwn(own, coefficients, names), yaw, pitch, roll),

  async options(values) {
    if (values.mirrored !== undefined) mirrored = values.mirrored;
    if (values.mark !== undefined) await session.setMark(values.mark);
    if (values.size !== undefined) {
      session.setSize(values.size);
      await session.redraw();
    }
    if (values.refine !== undefined) {
      await refinement.setMode(values.refine);
      if (hasPhoto) refine();
    }
    tellTier();
  },

  /** Keeps the tier while the canvas is recorded. */
  hold: (on) => session.hold(on),

  recordMotion(number) {
    session.recordMotion();
    recording = number;
  },

  stopMotion(number) {
    if (number !== recording) {
      throw Object.assign(new Error("This recording was replaced by another one, or lost."), { code: "not-ready" });
    }
    return session.stopMotion();
  },

  saveFrame: () => session.saveFrame(),

  statistics: () => ({ memoryBytes: memoryBytes() + sharedBytes(), frames, device: session.describe(), ...session.tier }),
};

/** Gets the refiner ready beside the calls. */
function refine() {
  // The tier is told in turn with other calls: a frame that is under way has the core for itself.
  refinement.prepare().then(() => inTurn(tellTier)).catch((error) => tell("error", failure(error)));
}

/** Tells the main thread the tier in force, if it has changed. */
function tellTier() {
  const { refined, interval, scale } = session.tier;
  if (interval === tier.interval && scale === tier.scale) return;
  tier = { refined, interval, scale };
  tell("tier", tier);
}

/** Drives with a frame, which is closed then; one that can go to the GPU as it is does. */
async function follow(picture) {
  try {
    if (copies && session.takesVideoFrames && "VideoFrame" in self && picture instanceof VideoFrame) {
      try {
        return await session.driveVideoFrame(picture, mirrored, now());
      } catch (error) {
        if (error.code !== "driver") throw error;
        // Firefox copies no video frames, others not those of every video.
        copies = false;
      }
    }
    const { data, width, height } = pixels(picture, mirrored);
    return await session.driveFrame(data, width, height, now(), mirrored);
  } finally {
    picture.close();
  }
}

/** Shows the motion at its present position. */
async function show() {
  const seen = await session.play(motion.position, now());
  tellTier();
  if (!seen) return;
  frames++;
  tell("frame", { motion: seen });
}

const plays = () => motion && !motion.ended && !paused && hasPhoto;

async function step() {
  if (!plays()) return;
  const time = now();
  motion.position += Math.min(time - motion.last, LONGEST_STEP);
  motion.last = time;
  if (motion.position >= motion.seconds) {
    if (motion.loop) {
      motion.position %= motion.seconds;
    } else {
      motion.position = motion.seconds;
      motion.ended = true;
      tell("ended");
    }
  }
  await show();
}

/** Plays the motion until there is none, it ends or it is paused. */
function run() {
  if (looping) return;
  looping = true;
  const next = () => {
    if (!plays()) {
      looping = false;
      return;
    }
    inTurn(step).then(
      () => requestAnimationFrame(next),
      (error) => {
        looping = false;
        motion = null;
        tell("error", failure(error));
      },
    );
  };
  next();
}

self.onmessage = ({ data: { id, name, args } }) => {
  inTurn(() => calls[name](...args)).then(
    (result) => postMessage({ id, result }),
    (error) => {
      if (error instanceof WebAssembly.RuntimeError) tell("crash", { message: `The program stopped (${error.message}).` });
      postMessage({ id, error: failure(error) });
    },
  );
};
