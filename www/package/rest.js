// How a thread of the nets' module rests when it waits for another one for long.

/** Time that a thread sleeps, milliseconds. */
const SHORTLY = 0.02;
/**
 * A word of shared memory to wait on. It exists only where the page is cross-origin isolated, as threads do, and only
 * in a worker: the page's own thread may not sleep.
 */
const nap = globalThis.SharedArrayBuffer && "WorkerGlobalScope" in globalThis && new Int32Array(new SharedArrayBuffer(4));

/** Gives up the core for a moment: the thread that is waited for may need it. */
export const rest = nap ? () => Atomics.wait(nap, 0, 0, SHORTLY) : () => {};
