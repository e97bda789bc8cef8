// Fetches the module and the model files, and counts the bytes (worker side).

/** Fetched later than the others, if at all: the first frame does not wait for it. */
export const REFINER = "models/refiner.safetensors";

/** Throws `{code: "network"}` with the reason. */
function failed(url, reason) {
  return Object.assign(new Error(`${url} cannot be loaded (${reason}). Check the connection and reload.`), { code: "network" });
}

async function get(url) {
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw failed(url, error.message);
  }
  if (!response.ok) throw failed(url, `status ${response.status}`);
  return response;
}

/** The bytes of one file. */
export async function fetchBytes(url) {
  const response = await get(url);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw failed(url, error.message);
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

/**
 * Loads what the first frame needs from the folder `base`. `sizes.json` there lists each file with its bytes, so
 * that progress is right even when the server compresses.
 *
 * @param {URL} base
 * @param {(progress: {loaded: number, total: number}) => void} onProgress
 * @returns {Promise<{module: WebAssembly.Module, models: [string, Uint8Array][]}>}
 */
export async function download(base, onProgress) {
  const sizes = await (await get(new URL("sizes.json", base))).json();
  const names = Object.keys(sizes).filter((name) => name !== REFINER);
  const total = names.reduce((sum, name) => sum + sizes[name], 0);
  let loaded = 0;
  const count = (bytes) => {
    loaded += bytes;
    onProgress({ loaded: Math.min(loaded, total), total });
  };
  onProgress({ loaded, total });
  const one = async (name) => {
    const url = new URL(name, base);
    const response = await get(url);
    try {
      if (name.endsWith(".wasm")) {
        const headers = { "content-type": "application/wasm" };
        return await WebAssembly.compileStreaming(new Response(counted(response, count), { headers }));
      }
      return new Uint8Array(await new Response(counted(response, count)).arrayBuffer());
    } catch (error) {
      throw failed(url, error.message);
    }
  };
  const files = await Promise.all(names.map(one));
  const entries = names.map((name, index) => [name.split("/").pop(), files[index]]);
  const [, module] = entries.find(([name]) => name.endsWith(".wasm"));
  return { module, models: entries.filter(([name]) => !name.endsWith(".wasm")) };
}
