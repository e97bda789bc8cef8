// How a thread of the nets' module rests when it waits for another one for long.

/** Milliseconds. */
const SHORTLY = 0.02;
/** Only where the page is cross-origin isolated is there such memory, and are there threads; the page's own thread may not sleep. */
const nap = globalThis.SharedArrayBuffer && "WorkerGlobalScope" in globalThis && new Int32Array(new SharedArrayBuffer(4));

/** Gives up the core for a moment: who is waited for may need it. */
export const rest = nap ? () => Atomics.wait(nap, 0, 0, SHORTLY) : () => {};
