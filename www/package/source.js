// What a caller hands over, as pictures and bytes.

import { RitrattoError } from "./error.js";

export function isBytes(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

/** A copy of a single frame that can be handed over, or null if `source` is something else. */
export async function stillOf(source) {
  const kinds = ["ImageBitmap", "ImageData", "VideoFrame", "HTMLImageElement", "HTMLCanvasElement", "OffscreenCanvas"];
  if (!kinds.some((kind) => globalThis[kind] && source instanceof globalThis[kind])) return null;
  try {
    return await createImageBitmap(source);
  } catch (error) {
    throw new RitrattoError("driver", `This frame cannot be used (${error.message}).`);
  }
}

/** Bytes of a Blob, a buffer or what a URL leads to. */
export async function bytesOf(source, what) {
  if (source instanceof Blob) {
    return new Uint8Array(
      await source.arrayBuffer().catch((error) => {
        throw new RitrattoError("io", `The ${what} cannot be read (${error.message}).`);
      }),
    );
  }
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (typeof source === "string" || source instanceof URL) {
    const response = await fetch(source).catch((error) => {
      throw new RitrattoError("network", `The ${what} cannot be loaded (${error.message}).`);
    });
    if (!response.ok) throw new RitrattoError("network", `The ${what} cannot be loaded (status ${response.status}).`);
    return new Uint8Array(await response.arrayBuffer());
  }
  throw new RitrattoError("option", `The ${what} must be a Blob, bytes or a URL.`);
}
