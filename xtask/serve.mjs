// Serves a folder from this machine to this machine: node serve.mjs FOLDER PORT (0: any free one).

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const [folder, port] = [path.resolve(process.argv[2]), Number(process.argv[3])];

const MEDIA_TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".md": "text/plain; charset=utf-8",
  ".ts": "text/plain; charset=utf-8",
};

/** The file of an address; null for what is not there or lies outside the folder. */
async function locate(url) {
  const name = decodeURIComponent(new URL(url, "http://localhost").pathname);
  const file = path.join(folder, name.endsWith("/") ? `${name}index.html` : name);
  const inside = file.startsWith(folder + path.sep);
  const found = inside && (await stat(file).catch(() => null));
  return found?.isFile() ? file : null;
}

async function answer(request, response) {
  const file = await locate(request.url).catch(() => null);
  if (!file || !["GET", "HEAD"].includes(request.method)) {
    response.writeHead(file ? 405 : 404).end();
    return;
  }
  const packed = `${file}.br`;
  const accepted = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  const sent = accepted && (await stat(packed).catch(() => null)) ? packed : file;
  response.writeHead(200, {
    "content-type": MEDIA_TYPES[path.extname(file)] ?? "application/octet-stream",
    "content-length": (await stat(sent)).size,
    "cache-control": "no-cache",
    // Cross-origin isolation gives the page precise timers.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    ...(sent === packed && { "content-encoding": "br" }),
  });
  if (request.method === "HEAD") response.end();
  else createReadStream(sent).pipe(response);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.on("error", (error) => {
  console.error(`port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => console.log(`serving http://127.0.0.1:${server.address().port}/`));
