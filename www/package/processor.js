// Which of the two modules this browser and processor can run.

const PLAIN = "ritratto_core_bg.wasm";
const FUSED = "ritratto_core_fused_bg.wasm";

/** A module that multiplies and adds in one instruction (`f32x4.relaxed_madd`). */
const PROBE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  // One type: nothing to a vector; one function of it.
  ...[1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  // Its code: three times a vector of zeros, and the instruction.
  ...[10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
]);

/** File name of the faster module that can be run here. */
export const moduleName = () => (WebAssembly.validate(PROBE) ? FUSED : PLAIN);
