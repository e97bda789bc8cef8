// Pictures and films for the tests, made by ffmpeg from the sample portraits.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./harness.mjs";

export const folder = mkdtempSync(path.join(os.tmpdir(), "ritratto-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export const sample = (name) => path.join(root, "www/samples", `${name}.jpg`);

function ffmpeg(...args) {
  execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);
}

/** A face that sways and comes nearer, 320 x 240; for `seconds` of each cycle from `gone` on it is away. */
function filter(gone) {
  const away = gone === undefined ? "" : `,drawbox=color=gray:t=fill:enable='gte(t,${gone})'`;
  return (
    "scale=270:330,pad=400:330:65:0:color=gray," +
    "crop=320:240:'40+24*sin(2*PI*t/2)':'30+14*sin(2*PI*t/3)',fps=10,format=yuv420p" +
    away
  );
}

/** A film for the fake camera. */
export function cameraFilm({ gone, seconds = 4 } = {}) {
  const file = path.join(folder, `camera-${gone ?? "always"}.mjpeg`);
  ffmpeg("-loop", "1", "-i", sample("dario"), "-t", String(seconds), "-vf", filter(gone), "-q:v", "3", file);
  return file;
}

/** A video file that the browser can decode. */
export function video() {
  const file = path.join(folder, "driver.webm");
  ffmpeg("-loop", "1", "-i", sample("marta"), "-t", "2", "-vf", filter(), "-c:v", "libvpx", "-b:v", "800k", file);
  return file;
}

/** A picture file made by an ffmpeg filter. */
export function picture(name, ...args) {
  const file = path.join(folder, name);
  ffmpeg(...args, "-frames:v", "1", file);
  return file;
}

/** The first sample at a size that software draws quickly. */
export const small = (width = 360) =>
  picture(`small-${width}.jpg`, "-i", sample("asha"), "-vf", `scale=${width}:-2`, "-q:v", "2");

/** A file with these bytes. */
export function bytes(name, content) {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Raw RGB pixels of a PNG or JPEG file, with their number. */
export function pixels(file) {
  const raw = path.join(folder, "pixels.rgb");
  ffmpeg("-i", file, "-f", "rawvideo", "-pix_fmt", "rgb24", raw);
  return readFileSync(raw);
}

/** Peak signal-to-noise ratio of two pictures, dB. */
export function psnr(a, b) {
  const [first, second] = [pixels(a), pixels(b)];
  if (first.length !== second.length) throw new Error(`the pictures have ${first.length} and ${second.length} bytes`);
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += (first[i] - second[i]) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / first.length));
}
