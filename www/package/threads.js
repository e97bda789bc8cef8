// Nets on several threads (worker side): a small module whose memory this worker shares with others of its own.

import { Pace } from "./pace.js";
import { threadedName } from "./processor.js";
import { rest } from "./rest.js";

/** Threads at most, this worker's among them: nets this small gain nothing from more. */
const MOST = 4;
/** The module asks for this memory, pages of 64 KiB. */
const MEMORY = { initial: 64, maximum: 4096, shared: true };
/** Bytes of a thread's stack. */
const STACK = 1 << 18;
/** What is told on the board: how often something was told, the net, and the run; then by number whether a thread looks at it. */
const [COUNT, NET, RUN, BUSY] = [0, 1, 2, 3];
const BOARD = BUSY + MOST;
/** A thread that is not there by then is not waited for, milliseconds. */
const PATIENCE = 5000;

/** Once threads are there: `{exports, memory, board, count}`. */
let team = null;
/** Nets by number, from 1: `{at, inputs, results, pace}`, numbers as views of the memory. */
const nets = [null];

/** How many threads there could be: more than one only where the page is cross-origin isolated. */
const possible = () => (self.crossOriginIsolated ? Math.min(MOST, navigator.hardwareConcurrency || 1) : 1);

/**
 * Starts the threads, if there can be any; nets that are loaded afterwards run on them. Nothing depends on it: where it
 * fails, nets run on this thread alone.
 *
 * @param {import("./download.js").Files} files
 */
export async function startThreads(files) {
  const count = possible();
  if (count < 2 || team) return;
  try {
    const module = await files.module(threadedName());
    const memory = new WebAssembly.Memory(MEMORY);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory, rest } });
    const place = exports.reserve(4 * BOARD);
    const helper = (_, k) => {
      const stack = exports.reserve(STACK) + STACK;
      return started({ module, memory, stack, board: { place, length: BOARD, busy: BUSY + k + 1 }, thread: k + 1 });
    };
    await Promise.all(Array.from({ length: count - 1 }, helper));
    // The memory may have grown before this, which is when its buffer is another one.
    const board = new Int32Array(memory.buffer, place, BOARD);
    team = { exports, memory, board, count };
  } catch (error) {
    console.warn(`Nets run on one thread: ${error.message}`);
  }
}

function started(task) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./thread.js", import.meta.url), { type: "module" });
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
  if (!team) return 0;
  const { exports, memory } = team;
  const room = exports.room(bytes.length);
  new Uint8Array(memory.buffer, room, bytes.length).set(bytes);
  const at = exports.load(room, bytes.length, team.count);
  if (at === 0) return 0;
  const inputs = Array.from(lengths, (length, k) => new Float32Array(memory.buffer, exports.input(at, k), length));
  const results = new Float32Array(memory.buffer, exports.results(at), count);
  return nets.push({ at, inputs, results, pace: new Pace() }) - 1;
}

/** Lets a net go, once no thread that was late can be looking at it. */
export function unloadNet(net) {
  const { exports, board } = team;
  while (board.subarray(BUSY).some((_, thread) => Atomics.load(board, BUSY + thread) !== 0));
  exports.unload(nets[net].at);
  nets[net] = null;
}

/** Gives one of a net's inputs its numbers. */
export function writeNet(net, input, numbers) {
  nets[net].inputs[input].set(numbers);
}

/** Runs a net, on all threads or, where the machine has better things for them to do, on this one; copies its results. */
export function runNet(net, results) {
  const { exports, board } = team;
  const { at, results: found, pace } = nets[net];
  const helped = pace.choose();
  const begun = performance.now();
  const run = exports.begin(at);
  if (helped) {
    Atomics.store(board, NET, at);
    Atomics.store(board, RUN, run);
    Atomics.add(board, COUNT, 1);
    Atomics.notify(board, COUNT);
  }
  exports.work(at, run, 0);
  Atomics.store(board, NET, 0);
  exports.finish(at);
  pace.took(performance.now() - begun);
  results.set(found);
}
