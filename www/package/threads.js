// Nets and drawing on several threads (worker side): a small module whose memory this worker shares with others of its own.

import { Pace } from "./pace.js";
import { threadedName } from "./processor.js";
import { rest } from "./rest.js";

/** Most threads, this worker's among them: work this small gains nothing from more. */
const MOST = 4;
/** The memory that the module asks for, in pages of 64 KiB. */
const MEMORY = { initial: 64, maximum: 16384, shared: true };
/** Bytes of a thread's stack. */
const STACK = 1 << 18;
/**
 * Places on the board, words of shared memory: a count of the announcements, what to work on, and the run; then, for
 * each thread, whether it reads them.
 */
const [COUNT, WORK, RUN, BUSY] = [0, 1, 2, 3];
const BOARD = BUSY + MOST;
/** How long a thread may take to start, milliseconds; if it takes longer, everything runs on one thread. */
const PATIENCE = 5000;

/** Once threads are there: `{exports, memory, board, count}`. */
let team = null;
/**
 * The nets and portraits that were loaded, by number, from 1: address and pace of each, and for nets the views of the
 * memory that hold their numbers.
 */
const loaded = [null];

/** How many threads there could be: more than one only where the page is cross-origin isolated. */
const possible = () => (self.crossOriginIsolated ? Math.min(MOST, navigator.hardwareConcurrency || 1) : 1);

/**
 * Starts the threads, if there can be any, for what is loaded afterwards. Nothing depends on it: where it fails, this thread does
 * it alone.
 *
 * @param {import("./download.js").Files} files
 */
export async function startThreads(files) {
  const count = possible();
  if (count < 2 || team) return;
  const helpers = [];
  try {
    const module = await files.module(threadedName());
    const memory = new WebAssembly.Memory(MEMORY);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory, rest } });
    const place = exports.reserve(4 * BOARD);
    const helper = (_, k) => {
      const stack = exports.reserve(STACK) + STACK;
      const worker = new Worker(new URL("./thread.js", import.meta.url), { type: "module" });
      helpers.push(worker);
      return started(worker, { module, memory, stack, board: { place, length: BOARD, busy: BUSY + k + 1 }, thread: k + 1 });
    };
    await Promise.all(Array.from({ length: count - 1 }, helper));
    // The view is made only now: the memory may have grown meanwhile, and then it has another buffer.
    const board = new Int32Array(memory.buffer, place, BOARD);
    team = { exports, memory, board, count };
  } catch (error) {
    for (const worker of helpers) worker.terminate();
    console.warn(`On one thread: ${error.message}`);
  }
}

function started(worker, task) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("a thread does not start")), PATIENCE);
    const settle = (done) => (event) => {
      clearTimeout(late);
      done(event);
    };
    worker.onmessage = settle(resolve);
    worker.onerror = settle((event) => reject(new Error(event.message || "a thread cannot be started")));
    worker.postMessage(task);
  });
}

/** Bytes of the memory that threads share. */
export const sharedBytes = () => team?.memory.buffer.byteLength ?? 0;

/** Threads that nets run on. */
export const netThreads = () => team?.count ?? 1;

/**
 * Takes a net.
 *
 * @param {Uint8Array} bytes of its graph
 * @param {Uint32Array} lengths numbers of each input
 * @param {number} count numbers of all outputs
 * @returns {number} its number; 0 if there are no threads for it
 */
export function loadNet(bytes, lengths, count) {
  return load("load_net", bytes, ({ exports, memory }, at) => ({
    inputs: Array.from(lengths, (length, k) => new Float32Array(memory.buffer, exports.input(at, k), length)),
    results: new Float32Array(memory.buffer, exports.results(at), count),
  }));
}

/** Gives one of a net's inputs its numbers. */
export function writeNet(net, input, numbers) {
  loaded[net].inputs[input].set(numbers);
}

/** Runs a net and copies its results. */
export function runNet(net, results) {
  const { at, results: found, pace } = loaded[net];
  run(at, pace);
  team.exports.finish(at);
  results.set(found);
}

/**
 * Takes a portrait to be drawn.
 *
 * @param {Uint8Array} bytes of its layers
 * @returns {number} its number; 0 if there are no threads or no room for it
 */
export const loadScene = (bytes) => load("load_scene", bytes, () => ({}));

/** Has a portrait drawn in so many columns and rows from now on; copies its pixels while nothing moves. */
export function resizeScene(scene, width, height, still) {
  const { at } = loaded[scene];
  const { exports } = team;
  exports.resize(at, width, height);
  still.set(view(exports.results(at), still.length));
}

/** Draws a frame, given as the bytes of what it shows and of its vertices' places, and copies its pixels. */
export function drawScene(scene, frame, placed, pixels) {
  const { at, pace } = loaded[scene];
  const { exports } = team;
  [frame, placed].forEach((bytes, input) => view(exports.input(at, input), bytes.length).set(bytes));
  run(at, pace);
  pixels.set(view(exports.results(at), pixels.length));
}

/** Frees a net or a portrait, once no late thread can be working on it any more. */
export function unload(number) {
  const { exports, board } = team;
  while (board.subarray(BUSY).some((_, thread) => Atomics.load(board, BUSY + thread) !== 0));
  exports.unload(loaded[number].at);
  loaded[number] = null;
}

/** Bytes of the memory, which may have grown. */
const view = (place, length) => new Uint8Array(team.memory.buffer, place, length);

/** Loads something from bytes; gives its number, or 0. `more` says what is kept of it. */
function load(how, bytes, more) {
  if (!team) return 0;
  const { exports, count } = team;
  const stack = exports.__stack_pointer.value;
  try {
    const room = exports.room(bytes.length);
    view(room, bytes.length).set(bytes);
    const at = exports[how](room, bytes.length, count);
    return at === 0 ? 0 : loaded.push({ at, pace: new Pace(), ...more(team, at) }) - 1;
  } catch (error) {
    // The memory is exhausted. The call that failed has not restored the stack, so that is done here.
    exports.__stack_pointer.value = stack;
    console.warn(`On one thread: ${error.message}`);
    return 0;
  }
}

/** Runs a net or draws a portrait, on all threads or, where `pace` finds that faster, on this one alone. */
function run(at, pace) {
  const { exports, board } = team;
  const helped = pace.choose();
  const begun = performance.now();
  const number = exports.begin(at);
  if (helped) {
    Atomics.store(board, WORK, at);
    Atomics.store(board, RUN, number);
    Atomics.add(board, COUNT, 1);
    Atomics.notify(board, COUNT);
  }
  exports.work(at, number, 0);
  Atomics.store(board, WORK, 0);
  pace.took(performance.now() - begun);
}
