// What a caller hands over, as pictures, bytes and addresses.

import { RitrattoError } from "./error.js";

function isBytes(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

const isOne = (source, kinds) => kinds.some((kind) => globalThis[kind] && source instanceof globalThis[kind]);

function isStill(source) {
  return isOne(source, ["ImageBitmap", "ImageData", "VideoFrame", "HTMLImageElement", "HTMLCanvasElement", "OffscreenCanvas"]);
}

/** What a driver is: a single frame ("still"), a motion by its name or bytes ("motion"), or a video or stream ("live"). */
export function kindOf(source) {
  if (isStill(source)) return "still";
  if (typeof source === "string" || source instanceof Blob || isBytes(source)) return "motion";
  if (isOne(source, ["HTMLVideoElement", "MediaStream"])) return "live";
  throw new RitrattoError("driver", "A driver is a video element, a MediaStream, a single frame, a motion file or the name of a built-in motion.");
}

/** A copy of a single frame that can be handed over, or null if `source` is something else. */
export async function stillOf(source) {
  if (!isStill(source)) return null;
  try {
    return await createImageBitmap(source);
  } catch (error) {
    throw new RitrattoError("driver", `This frame cannot be used (${error.message}).`);
  }
}

/** The folder at an address; without a slash at its end, what is beside it would be meant. */
export function folderOf(baseUrl) {
  const folder = new URL(baseUrl, document.baseURI);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return folder;
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
