// Counts what a worker makes on the GPU, from its first moment on.

/** Runs in the worker: what was made so far, and what of it is alive. */
function count() {
  const counted = (globalThis.gpuObjects = { buffers: 0, textures: 0, made: 0, pipelines: 0 });
  const watch = (kind, make, type) => {
    const create = GPUDevice.prototype[make];
    GPUDevice.prototype[make] = function (...args) {
      counted[kind]++;
      counted.made++;
      return create.apply(this, args);
    };
    const destroyed = new WeakSet();
    const destroy = type.prototype.destroy;
    type.prototype.destroy = function () {
      if (!destroyed.has(this)) counted[kind]--;
      destroyed.add(this);
      return destroy.call(this);
    };
  };
  watch("buffers", "createBuffer", GPUBuffer);
  watch("textures", "createTexture", GPUTexture);
  for (const make of ["createRenderPipeline", "createComputePipeline", "createRenderPipelineAsync", "createComputePipelineAsync"]) {
    const create = GPUDevice.prototype[make];
    GPUDevice.prototype[make] = function (...args) {
      counted.pipelines++;
      return create.apply(this, args);
    };
  }
}

/** The worker with the core; threads that it starts for nets sleep, and answer nothing. */
export const isCore = (worker) => worker.url().endsWith("/worker.js");

/**
 * Call before the page is opened.
 * @returns {(page: import("playwright-core").Page) => Promise<object>} numbers of a page whose worker has started: `buffers` and
 * `textures` that are alive, buffers and textures ever `made`, `pipelines` ever made, `wasm` bytes, `frames` drawn
 */
export function counting(page) {
  const started = [];
  page.on("worker", (worker) => isCore(worker) && started.push(worker.evaluate(count)));
  return async () => {
    await Promise.all(started);
    const { frames, memoryBytes } = await page.evaluate(() => globalThis.ritratto.statistics());
    return { frames, wasm: memoryBytes, ...(await page.workers().find(isCore).evaluate(() => globalThis.gpuObjects)) };
  };
}

/** Drives the portrait with `number` pictures of a face that sways. Runs in the page. */
export async function follow(number) {
  const picture = await createImageBitmap(document.getElementById("photo"), { resizeWidth: 270, resizeHeight: 330 });
  const canvas = new OffscreenCanvas(320, 330);
  for (let i = 0; i < number; i++) {
    canvas.getContext("2d").drawImage(picture, 25 + 20 * Math.sin(i), 0);
    const { motion } = await globalThis.ritratto.drive(canvas);
    if (!motion.face) throw new Error(`no face in frame ${i}`);
  }
}
