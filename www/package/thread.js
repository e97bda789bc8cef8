// A thread that helps: waits until it is told of a run, works on it, and waits again.

import { rest } from "./rest.js";

self.onmessage = async ({ data: { module, memory, stack, board, thread } }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, rest } });
  exports.__stack_pointer.value = stack;
  // The board: a count of the announcements, what to work on, and the run; then, for each thread, whether it reads
  // them.
  const told = new Int32Array(memory.buffer, board.place, board.length);
  let seen = Atomics.load(told, 0);
  postMessage("ready");
  for (;;) {
    Atomics.wait(told, 0, seen);
    seen = Atomics.load(told, 0);
    Atomics.store(told, board.busy, 1);
    const [work, run] = [Atomics.load(told, 1), Atomics.load(told, 2)];
    // A thread that comes late does no harm: for a run that is over, work() does nothing.
    if (work !== 0) exports.work(work, run, thread);
    Atomics.store(told, board.busy, 0);
  }
};
