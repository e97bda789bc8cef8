// Files that came before, kept by their hash in the browser's Cache API, and notes on those that the browser keeps itself: a
// later visit asks the server only for the list.

const NAME = "ritratto";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The address under which a file with this hash is kept. */
export const hashed = (url, sha256) => `${url.href}?sha256=${sha256}`;

export class ModelCache {
  #cache;

  constructor(cache) {
    this.#cache = cache;
  }

  /** The cache of this origin; an empty one that keeps nothing where the browser has none (private windows, plain http). */
  static async open() {
    try {
      return new ModelCache(await caches.open(NAME));
    } catch {
      return new ModelCache(null);
    }
  }

  /** The file as a response, or undefined. */
  async get(url, sha256) {
    if (!this.#cache || !sha256) return undefined;
    return this.#cache.match(hashed(url, sha256)).catch(() => undefined);
  }

  /** Keeps a file if its bytes have the hash. What cannot be kept is fetched again the next time. */
  async put(url, sha256, bytes) {
    await this.#keep(url, sha256, bytes, bytes);
  }

  /** Notes, if its bytes have the hash, that the browser has this file. */
  async note(url, sha256, bytes) {
    await this.#keep(url, sha256, bytes, "");
  }

  /** Lets go of a file or of the note on it. */
  async drop(url, sha256) {
    await this.#cache?.delete(hashed(url, sha256)).catch(() => {});
  }

  /** Lets go of everything. */
  async empty() {
    if (this.#cache) await caches.delete(NAME).catch(() => {});
    this.#cache = null;
  }

  async #keep(url, sha256, bytes, body) {
    if (!this.#cache || !sha256) return;
    try {
      if (hex(await crypto.subtle.digest("SHA-256", bytes)) !== sha256) return;
      await this.#cache.put(hashed(url, sha256), new Response(body));
    } catch {
      // The browser has no room for the file, or does not allow it.
    }
  }

  /** Lets go of other versions of these files. */
  async keepOnly(files) {
    if (!this.#cache) return;
    try {
      const wanted = new Set(files.map(([url, sha256]) => hashed(url, sha256)));
      const paths = new Set(files.map(([url]) => url.pathname));
      for (const request of await this.#cache.keys()) {
        if (paths.has(new URL(request.url).pathname) && !wanted.has(request.url)) await this.#cache.delete(request);
      }
    } catch {
      // The old versions stay until the next visit.
    }
  }
}
