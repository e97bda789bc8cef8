// What this browser and processor can run.

/** A module that multiplies and adds in one instruction (`f32x4.relaxed_madd`). */
const PROBE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  // One type: nothing to a vector; one function of it.
  ...[1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  // Its code: three times a vector of zeros, and the instruction.
  ...[10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
]);

/** Says, as an error, that this browser cannot run any of the modules. */
export function unsupported() {
  const message = "This browser is too old for this program: its WebAssembly cannot run it. Update the browser, or use a recent Chrome, Edge, Firefox or Safari.";
  return Object.assign(new Error(message), { code: "unsupported" });
}

const fused = () => WebAssembly.validate(PROBE);

/** File name of the faster module that can be run here. */
export function moduleName() {
  if (!globalThis.WebAssembly) throw unsupported();
  return fused() ? "ritratto_core_fused_bg.wasm" : "ritratto_core_bg.wasm";
}

/** The same for the module whose memory threads share. */
export const threadedName = () => (fused() ? "ritratto_threads_fused.wasm" : "ritratto_threads.wasm");
