// The nets' inputs, and who runs them: our module and ONNX Runtime Web, with the same weights.

const CODE = 108;

/** Shapes of each net's inputs, in the order in which our module takes them; features come from the photo. */
export const NETS = {
  detector: { pictures: [1, 128, 128, 3] },
  landmarks: { crop: [1, 256, 256, 3] },
  blendshapes: { points: [146, 2] },
  mouth: { rendered: [1, 3, 96, 96], masks: [1, 2, 96, 96], code: [1, CODE] },
  eye: { rendered: [2, 3, 64, 64], masks: [2, 2, 64, 64], code: [2, CODE] },
};
const PHOTOS = { mouth: [1, 3, 96, 96], eye: [2, 3, 64, 64] };

const size = (shape) => shape.reduce((product, side) => product * side, 1);

/** Numbers that are the same in every run, in 0..1. */
function noise(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A part of a picture as planes or pixels of numbers in 0..1. `area`: x, y and side in shares of the picture's width. */
function cut(picture, [x, y, part], side, planar) {
  const context = new OffscreenCanvas(side, side).getContext("2d");
  const scale = picture.width;
  context.drawImage(picture, x * scale, y * scale, part * scale, part * scale, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const values = new Float32Array(3 * side * side);
  for (let k = 0; k < side * side; k++) {
    for (let c = 0; c < 3; c++) values[planar ? c * side * side + k : 3 * k + c] = data[4 * k + c] / 255;
  }
  return values;
}

function joined(parts) {
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((start, part) => (values.set(part, start), start + part.length), 0);
  return values;
}

/** Inputs of every net, cut out of a portrait: `{net: {inputs: {name: values}, photo}}`. */
export function inputs(picture) {
  const random = noise(7);
  const rest = (shape, scale) => Float32Array.from({ length: size(shape) }, () => scale * random());
  const refined = (net, areas) => {
    const { rendered, masks, code } = NETS[net];
    const patches = (shift) => joined(areas.map(([x, y, part]) => cut(picture, [x + shift, y, part], rendered[3], true)));
    return { inputs: { rendered: patches(0.01), masks: rest(masks, 1), code: rest(code, 0.3) }, photo: patches(0) };
  };
  return {
    detector: { inputs: { pictures: cut(picture, [0, 0, 1], 128, false).map((value) => 2 * value - 1) } },
    landmarks: { inputs: { crop: cut(picture, [0.2, 0.25, 0.6], 256, false) } },
    blendshapes: { inputs: { points: rest(NETS.blendshapes.points, 256) } },
    mouth: refined("mouth", [[0.35, 0.6, 0.3]]),
    eye: refined("eye", [[0.28, 0.4, 0.2], [0.52, 0.4, 0.2]]),
  };
}

/** Our nets on `"gpu"`, or on so many threads of the `"cpu"`, which were started if it is more than one. */
export async function ours(core, models, where, threads, given) {
  const weights = new core.ModelFiles();
  for (const [name, bytes] of models) weights.insert(name, bytes);
  const bench = await core.NetBench.create(weights, where === "gpu", threads > 1);
  for (const net of Object.keys(PHOTOS)) await bench.setPhoto(net, given[net].photo);
  return {
    device: bench.describe(),
    /** Operations and bytes of a run. */
    cost: (net) => [...bench.cost(net)],
    /** Operations and bytes a second at most. */
    peak: async () => [...(await bench.peak())],
    net: async (net) => {
      const values = joined(Object.values(given[net].inputs));
      return () => bench.run(net, values);
    },
  };
}

/**
 * ONNX Runtime Web; each number of threads has an instance of its own.
 * @param {"wasm" | "webgpu"} provider
 */
export async function rival(provider, threads, given) {
  const file = provider === "webgpu" ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs";
  const ort = await import(`/ort/${file}?threads=${threads}`);
  ort.env.wasm.wasmPaths = "/ort/";
  ort.env.wasm.numThreads = threads;
  const tensors = (values, shapes) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, new ort.Tensor("float32", values[name], shape)]));
  const session = (name, more) => ort.InferenceSession.create(`/onnx/${name}.onnx`, { executionProviders: [provider], ...more });
  return {
    device: provider,
    net: async (net) => {
      const main = await session(net);
      const feeds = tensors(given[net].inputs, NETS[net]);
      if (PHOTOS[net]) {
        // Made once a photo, and kept where the net runs.
        const more = provider === "webgpu" ? { preferredOutputLocation: "gpu-buffer" } : {};
        const photo = tensors({ photo: given[net].photo }, { photo: PHOTOS[net] });
        Object.assign(feeds, await (await session(`${net}_features`, more)).run(photo));
      }
      return async () => joined(await Promise.all(Object.values(await main.run(feeds)).map((output) => output.getData())));
    },
  };
}

/** Largest difference, in shares of the largest value or of 1. */
export function difference(found, wanted) {
  if (found.length !== wanted.length) throw new Error(`${found.length} numbers for ${wanted.length}`);
  let [worst, largest] = [0, 1];
  for (let k = 0; k < wanted.length; k++) {
    // A number that is none must not pass for a small difference.
    if (!Number.isFinite(found[k]) || !Number.isFinite(wanted[k])) return Infinity;
    worst = Math.max(worst, Math.abs(found[k] - wanted[k]));
    largest = Math.max(largest, Math.abs(wanted[k]));
  }
  return worst / largest;
}
