// Fetches the module and the model files, counts their bytes, and keeps the files in the browser (worker side).

import { moduleName, unsupported } from "./processor.js";
import { ModelCache, hashed } from "./model-cache.js";

/** The refiner's model, which is fetched after the others, if at all: the first frame does not wait for it. */
export const REFINER = "models/refiner.safetensors";

/** Throws `{code: "network"}` with the reason. */
function failed(url, reason) {
  return Object.assign(new Error(`${url} cannot be loaded (${reason}). Check the connection and reload.`), { code: "network" });
}

/**
 * The error for a module that was not compiled: if all of its bytes came, the browser cannot run it; otherwise the
 * connection failed.
 */
async function refused(url, error, bytes, length) {
  const came = await bytes.then(({ byteLength }) => byteLength, () => 0);
  return error instanceof WebAssembly.CompileError && came === length ? unsupported() : failed(url, error.message);
}

/** @param {RequestCache} [cache] whether the browser may answer itself */
async function get(url, cache) {
  let response;
  try {
    response = await fetch(url, { cache });
  } catch (error) {
    throw failed(url, error.message);
  }
  if (!response.ok) throw failed(url, `status ${response.status}`);
  return response;
}

/** Reads a folder's list of files. If that fails, returns `known`, the list that was read before, if there is one. */
async function listOf(base, known) {
  const url = new URL("files.json", base);
  try {
    return await (await get(url, "no-cache")).json();
  } catch (error) {
    if (known) return known;
    throw error.code === "network" ? error : failed(url, error.message);
  }
}

/** The body as a stream that tells `count` of every chunk. */
function counted(response, count) {
  return response.body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        count(chunk.byteLength);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** What the package's folder holds, and how to get it. */
export class Files {
  #base;
  #cache;
  #list;

  /**
   * @param {URL} base the folder
   * @param {Record<string, {bytes: number, sha256: string}>} list of `files.json`: a browser cannot tell a file's bytes from
   *   a compressed answer, and a hash says whether a kept file is the right one
   */
  constructor(base, list, cache) {
    this.#base = base;
    this.#list = list;
    this.#cache = cache;
  }

  /**
   * Reads the folder's list. `known` is one that was read before, if there is one: a worker that is started again, while there is
   * no connection, may find all that it needs where the browser has kept it.
   */
  static async of(base, known) {
    const [list, cache] = await Promise.all([listOf(base, known), ModelCache.open()]);
    cache.keepOnly(Object.entries(list).map(([name, { sha256 }]) => [new URL(name, base), sha256]));
    return new Files(base, list, cache);
  }

  /** The list, for a worker that takes the place of this one. */
  get list() {
    return this.#list;
  }

  /** The bytes of a file; `count` hears of every chunk. */
  async bytes(name, count = () => {}) {
    const { url, sha256 } = this.#place(name);
    const kept = await this.#cache.get(url, sha256);
    // The browser's own cache may have an older version under this address.
    const response = kept ?? (await get(url, "no-cache"));
    try {
      const bytes = new Uint8Array(await new Response(counted(response, count)).arrayBuffer());
      if (!kept) this.#cache.put(url, sha256, bytes);
      return bytes;
    } catch (error) {
      throw failed(url, error.message);
    }
  }

  /**
   * A module, compiled while it comes; `count` hears of every chunk, or of all of them at once. The browser keeps it by its
   * address, together with the machine code that it made of it, which it does for nothing that comes from the Cache API.
   * @param {RequestCache} [fresh] how to fetch what cannot be used as it is kept
   */
  async module(name, count = () => {}, fresh = "no-cache") {
    const { url, sha256, length } = this.#place(name);
    const kept = (await this.#cache.get(url, sha256)) !== undefined;
    // The hash makes it the address of these bytes alone, so what the browser has under it is never out of date.
    const response = await get(sha256 ? hashed(url, sha256) : url, kept ? "force-cache" : fresh);
    const copy = kept ? null : response.clone();
    const module = WebAssembly.compileStreaming(response);
    const bytes = copy && new Response(counted(copy, count)).arrayBuffer();
    bytes?.then((bytes) => this.#cache.note(url, sha256, bytes)).catch(() => {});
    try {
      const compiled = await module;
      if (kept) count(length);
      return compiled;
    } catch (error) {
      if (!kept) throw await refused(url, error, bytes, length);
      await this.#cache.drop(url, sha256);
      return this.module(name, count, "reload");
    }
  }

  /** Keeps nothing of what came so far. */
  forget() {
    return this.#cache.empty();
  }

  #place(name) {
    const { sha256, bytes: length } = this.#list[name] ?? {};
    return { url: new URL(name, this.#base), sha256, length };
  }

  /**
   * Loads what the first frame needs; the module that this browser can run and the models come side by side.
   *
   * @param {(progress: {loaded: number, total: number}) => void} onProgress
   * @returns {{module: Promise<WebAssembly.Module>, models: Promise<[string, Uint8Array][]>}}
   */
  first(onProgress) {
    const isModule = (name) => name.endsWith(".wasm");
    const module = moduleName();
    const names = Object.keys(this.#list).filter((name) => name !== REFINER && (name === module || !isModule(name)));
    const total = names.reduce((sum, name) => sum + this.#list[name].bytes, 0);
    let loaded = 0;
    const count = (bytes) => {
      loaded += bytes;
      onProgress({ loaded: Math.min(loaded, total), total });
    };
    onProgress({ loaded, total });
    const models = names.filter((name) => !isModule(name));
    const named = async (name) => [name.split("/").pop(), await this.bytes(name, count)];
    return { module: this.module(module, count), models: Promise.all(models.map(named)) };
  }
}
