// The module worker: owns the wasm core, what draws, and the canvas. Calls take turns.

import init, { Atelier, ModelShelf, Studio, builtinMotions, clipTags, expressionNames, memoryBytes } from "./ritratto_core.js";
import { Files } from "./download.js";
import { overOwn } from "./expression.js";
import { TRANSFER } from "./options.js";
import { Refinement } from "./refinement.js";
import { sharedBytes, startThreads } from "./threads.js";

/** Frames of a live driver are scaled down to this long side, pixels: the nets see a face at 256. */
const FRAME_SIDE = 640;
/** A motion goes on from where it was after a longer interruption, seconds. */
const LONGEST_STEP = 1;

/** @type {Studio | undefined} */
let studio;
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
let canvas2d = null;
/** What is drawn of a frame, as it was told last. */
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
  async create({ canvas, draw, nets }) {
    const started = performance.now();
    const times = {};
    let last = started;
    /** Notes what passed since the part before. */
    const passed = (part) => {
      times[part] = performance.now() - last;
      last = performance.now();
    };
    const files = await Files.of(new URL("./", import.meta.url));
    const { module, models } = files.first((progress) => tell("progress", progress));
    // Whichever fails first is reported; the other must not count as unhandled then.
    models.catch(() => {});
    await init({ module_or_path: await module });
    passed("module");
    // The GPU opens and compiles its pipelines while the models are still on their way.
    const atelier = await Atelier.open(canvas, draw, nets);
    passed("gpu");
    const threads = atelier.hasNetsGpu ? null : startThreads(files);
    const shelf = new ModelShelf();
    try {
      for (const [name, bytes] of await models) shelf.insert(name, bytes);
    } catch (error) {
      // A kept file may have been damaged where it lies: the next visit fetches it.
      if (error.code === "model-corrupt") await files.forget();
      throw error;
    }
    passed("models");
    // Nets that are loaded before would run on one thread.
    await threads;
    studio = Studio.create(atelier, shelf);
    passed("nets");
    refinement = new Refinement(studio, files, inTurn);
    names = expressionNames();
    own = new Float32Array(names.length);
    const tags = Object.fromEntries(["video/webm", "video/mp4"].map((type) => [type, clipTags(type)]));
    return { motions: builtinMotions(), expressionNames: names, tags, device: studio.describe(), times };
  },

  async setPhoto(bytes) {
    const about = await studio.setPhoto(bytes);
    hasPhoto = true;
    own = about.coefficients;
    tellTier();
    run();
    refine();
    return about;
  },

  startLive() {
    motion = null;
    studio.startLive();
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
    return studio.findFaces(data, width, height);
  },

  /** A motion: the name of a built-in one or the bytes of a motion file. */
  async startMotion(source, { at = 0, loop = true }) {
    const seconds = typeof source === "string" ? studio.startBuiltin(source) : studio.startMotionFile(source);
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
    await studio.rest();
  },

  setNeutral() {
    studio.setNeutral();
  },

  /** Takes over some of the options; returns all of them. */
  setTransfer(values) {
    const { mode, expression, pose, eyes, lips, mirror } = { ...transfer, ...values };
    studio.setTransfer(mode, expression, pose, eyes, lips, mirror);
    transfer = { mode, expression, pose, eyes, lips, mirror };
    return transfer;
  },

  async setExpression({ coefficients, yaw, pitch, roll }) {
    await studio.setExpression(overOwn(own, coefficients, names), yaw, pitch, roll);
    frames++;
  },

  expressionMotion: ({ coefficients, yaw, pitch, roll }) =>
    studio.expressionMotion(overOwn(own, coefficients, names), yaw, pitch, roll),

  async options(values) {
    if (values.mirrored !== undefined) mirrored = values.mirrored;
    if (values.mark !== undefined) await studio.setMark(values.mark);
    if (values.size !== undefined) studio.setSize(values.size);
    if (values.refine !== undefined) {
      await refinement.setMode(values.refine);
      if (hasPhoto) refine();
    }
    tellTier();
  },

  /** Keeps the tier while the canvas is recorded. */
  hold: (on) => studio.hold(on),

  recordMotion(number) {
    studio.recordMotion();
    recording = number;
  },

  stopMotion(number) {
    if (number !== recording) {
      throw Object.assign(new Error("This recording was replaced by another one, or lost."), { code: "not-ready" });
    }
    return studio.stopMotion();
  },

  saveFrame: () => studio.saveFrame(),

  statistics: () => ({ memoryBytes: memoryBytes() + sharedBytes(), frames, device: studio.describe(), ...studio.tier }),
};

/** Gets the refiner ready beside the calls. */
function refine() {
  refinement.prepare().then(tellTier).catch((error) => tell("error", failure(error)));
}

/** Tells what is drawn from now on, if that has changed. */
function tellTier() {
  const { refined, interval, scale } = studio.tier;
  if (interval === tier.interval && scale === tier.scale) return;
  tier = { refined, interval, scale };
  tell("tier", tier);
}

/** Drives with a frame, which is closed then; one that can go to the GPU as it is does. */
async function follow(picture) {
  const videoFrame = "VideoFrame" in self && picture instanceof VideoFrame;
  if (!studio.takesVideoFrames || !videoFrame) {
    const { data, width, height } = pixels(picture, mirrored);
    return studio.driveFrame(data, width, height, now());
  }
  try {
    return await studio.driveVideoFrame(picture, mirrored, now());
  } finally {
    picture.close();
  }
}

/** Draws a picture at the encoder's size, flipped or not, and takes its pixels; closes the picture. */
function pixels(picture, flipped) {
  const [fullWidth, fullHeight] = [picture.displayWidth ?? picture.width, picture.displayHeight ?? picture.height];
  const scale = Math.min(1, FRAME_SIDE / Math.max(fullWidth, fullHeight));
  const width = Math.max(1, Math.round(fullWidth * scale));
  const height = Math.max(1, Math.round(fullHeight * scale));
  if (!canvas2d || canvas2d.canvas.width !== width || canvas2d.canvas.height !== height) {
    canvas2d = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  }
  canvas2d.setTransform(flipped ? -1 : 1, 0, 0, 1, flipped ? width : 0, 0);
  canvas2d.drawImage(picture, 0, 0, width, height);
  picture.close();
  return canvas2d.getImageData(0, 0, width, height);
}

/** Shows the motion at its present position. */
async function show() {
  const seen = await studio.play(motion.position, now());
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
