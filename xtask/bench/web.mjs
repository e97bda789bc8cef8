// Measures in headless Chromium and writes tables: node web.mjs OPTIONS (JSON, see xtask/src/bench_web.rs).

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../../tests/browser/harness.mjs";
import { firstFrames } from "./load.mjs";
import { steadiness } from "./steady.mjs";
import { comparison, spread, table } from "./tables.mjs";

const options = JSON.parse(process.argv[2]);
const CLASSES = { cpu: "CPU", gpu: "WebGPU" };
/** MediaPipe needs WebGL 2, also where it computes on the CPU. */
const WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
/** WebGPU in software takes seconds for a pass of a net. */
const TURNS = {
  cpu: { first: 30, rounds: 15, repeats: 8 },
  hardware: { first: 4, rounds: 15, repeats: 4 },
  software: { first: 1, rounds: 3, repeats: 1 },
};
/** Frames on the CPU: the first twenty are drawn alone and with help in turns. */
const FRAMES = 60;
const SIDES = [256, 512, 1024, 2048];
/** A photo with more pixels than a portrait keeps. */
const LARGEST = 4096;

async function serve(folder) {
  const script = fileURLToPath(new URL("../serve.mjs", import.meta.url));
  const server = spawn("node", [script, folder, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    server.stdout.on("data", (data) => resolve(String(data).match(/http:\S+/)[0]));
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { url, stop: () => server.kill() };
}

const parts = [];
function say(title, text) {
  parts.push(`**${title}**\n\n${text}`);
  console.log(`\n${title}\n\n${text}`);
}

async function compared(page, where, turns) {
  const measured = [];
  let worst = 0;
  for (const net of await page.evaluate(() => bench.nets())) {
    const { times, apart } = await page.evaluate(([net, where, turns]) => bench.net(net, where, turns), [net, where, turns]);
    measured.push([net, times]);
    worst = Math.max(worst, ...Object.values(apart));
    console.log(net, JSON.stringify(times));
  }
  const roof = await page.evaluate((where) => bench.roof(where), where);
  const [flop, bytes] = roof.peak.map((peak) => (peak / 1e9).toFixed(1));
  const { rounds, repeats } = turns;
  const note = `median (quartiles) of ${rounds * repeats}, ms; ratio: theirs over ours; outputs differ by ${worst.toExponential(1)} at most; peak of our kernels ${flop} GFLOP/s, ${bytes} GB/s`;
  say(`Nets, ${CLASSES[where]}: ${note}`, comparison("net", measured, roof));
}

async function encoder(page, where, turns) {
  const times = await page.evaluate(
    ([where, turns, rival]) => bench.encoder(where, turns, rival),
    [where, turns, options.mediapipe],
  );
  const note = options.mediapipe ? "" : " (MediaPipe's model could not be had)";
  say(`Encoder, ${CLASSES[where]}, a face followed in 640 x 480, ms a frame${note}`, comparison("", [["", times]]));
}

async function stages(page, where, count) {
  const rows = [];
  for (const refined of [false, true]) {
    const { width, height, times } = await page.evaluate(
      ([where, count, refined]) => bench.stages(where, 640, count, refined),
      [where, count, refined],
    );
    const cells = Object.values(times).map(spread);
    if (!rows.length) rows.push([`${width} x ${height}`, ...Object.keys(times)]);
    rows.push([refined ? "refiner on" : "refiner off", ...cells]);
  }
  const [head, ...body] = rows;
  say(`A driven frame, stage by stage, all of it on the ${where === "gpu" ? "GPU" : "CPU"}, ms`, table(head, body));
}

async function curve(page, where, count) {
  const rows = [];
  for (const side of [...SIDES, LARGEST]) {
    const { width, height, prepared, times } = await page.evaluate(
      ([where, side, count]) => bench.stages(where, side, count, false),
      [where, side, count],
    );
    const megapixels = (width * height) / 1e6;
    const drawn = times.record.median + times.raster.median + times.present.median;
    rows.push([
      String(side),
      `${width} x ${height}`,
      ...[times.encode, times.transfer].map(spread),
      drawn.toFixed(1),
      (drawn / megapixels).toFixed(1),
      (prepared / 1000).toFixed(1),
    ]);
  }
  const head = ["photo's long side", "output", "encode, ms", "transfer, ms", "drawing, ms", "drawing, ms a megapixel", "preparation, s"];
  say(`Cost against output and photo size, all of it on the ${where === "gpu" ? "GPU" : "CPU"}`, table(head, rows));
}

async function nets(browser, site) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  // Nothing is asked of another server.
  await context.route("**/*", (route) => (route.request().url().startsWith(site.url) ? route.continue() : route.abort()));
  // A script that another one imports and that is missing says nothing in the page.
  const missing = [];
  page.on("response", (response) => response.ok() || missing.push(`${response.url()}: status ${response.status()}`));
  await page.goto(site.url, { waitUntil: "load" });
  if (!(await page.evaluate(() => Boolean(globalThis.bench)))) throw new Error(`the page of the benchmark did not start: ${missing.join(", ")}`);
  page.setDefaultTimeout(0);
  const machine = await page.evaluate(() => bench.machine());
  const software = /swiftshader|llvmpipe|software/i.test(machine.adapter);
  const cpu = os.cpus();
  const threads = `${machine.threads} thread${machine.threads > 1 ? "s" : ""}`;
  say(
    "Machine",
    `${cpu[0].model.trim()}, ${cpu.length} cores; Chromium ${browser.version()}, nets on ${threads}, ` +
      `${machine.isolated ? "" : "not "}cross-origin isolated; WebGPU adapter: ${machine.adapter}${software ? " (software)" : ""}`,
  );
  for (const where of options.classes) {
    const turns = where === "cpu" ? TURNS.cpu : software ? TURNS.software : TURNS.hardware;
    const count = where === "cpu" ? FRAMES : software ? 5 : 20;
    if (options.parts.includes("nets")) await compared(page, where, turns);
    if (options.parts.includes("encoder")) await encoder(page, where, turns);
    if (options.parts.includes("stages")) await stages(page, where, count);
  }
  // The curve is about drawing, where a user's page would do it.
  if (options.parts.includes("curve")) await curve(page, software ? "cpu" : "gpu", software ? FRAMES : 20);
  await context.close();
}

const settings = options.hardware ? { hardware: true } : { flags: WEBGL };
const browser = await launch(settings);
const [site, demo] = [await serve(options.site), await serve(options.page)];
try {
  if (options.frames) {
    say(`Steady state over ${options.frames} frames with every net on`, await steadiness(browser, demo.url, options.frames));
  } else {
    await nets(browser, site);
    if (options.parts.includes("load")) say("From navigation to the first animated frame, ms", await firstFrames(demo.url, settings));
  }
} finally {
  await browser.close();
  site.stop();
  demo.stop();
}
const file = path.join(options.out, options.frames ? "steady.md" : "web.md");
writeFileSync(file, `${parts.join("\n\n")}\n`);
console.log(`\nwritten to ${file}`);
