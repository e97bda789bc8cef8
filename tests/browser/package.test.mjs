// The package on a page of its own: calls that meet each other, and what is let go.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, small } from "./assets.mjs";
import { SLOW, frames, open, sharedBrowser, until } from "./harness.mjs";

const timeout = 2 * SLOW;
const shared = sharedBrowser();
let page;
let errors;
let release;

/** A page of this origin without a script of its own; photos come from `/given/`, the slow one when `release` is called. */
async function blank() {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const prepare = async (_, context) => {
    await context.route("**/given/face.jpg", (route) => route.fulfill({ path: sample("dario") }));
    await context.route("**/given/quick.jpg", (route) => route.fulfill({ path: small(180) }));
    await context.route("**/given/slow.jpg", (route) => held.then(() => route.fulfill({ path: small(200) })));
  };
  return { ...(await open(shared.browser, `${shared.server.url}samples/CREDITS.md`, { prepare })), release };
}

/** Has the page make a portrait, `ritratto`, whose events and calls of the worker are noted; the CPU does everything. */
function portrait() {
  return page.evaluate(async () => {
    Object.assign(globalThis, { events: [], told: [], videos: [], onTell: () => {}, onEvent: () => {} });
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, transfer) {
      globalThis.told.push(message.name);
      globalThis.onTell(message.name);
      return post.call(this, message, transfer);
    };
    const make = document.createElement.bind(document);
    document.createElement = (name) => {
      const element = make(name);
      if (name === "video") globalThis.videos.push(element);
      return element;
    };
    const canvas = make("canvas");
    document.body.replaceChildren(canvas);
    const { Ritratto } = await import("/pkg/index.js");
    const onEvent = (event) => {
      globalThis.events.push(event.type === "error" ? event.error.message : event.type);
      globalThis.onEvent(event);
    };
    globalThis.create = (canvas) => Ritratto.create({ canvas, draw: "cpu", nets: "cpu", onEvent });
    globalThis.ritratto = await globalThis.create(canvas);
    await globalThis.ritratto.setPhoto("/given/quick.jpg");

    // A camera: a face that sways.
    const face = await createImageBitmap(await (await fetch("/given/face.jpg")).blob());
    globalThis.film = (seen = true) => {
      const film = Object.assign(make("canvas"), { width: 240, height: 320 });
      const context = film.getContext("2d");
      if (seen) setInterval(() => context.drawImage(face, 10 * Math.sin(performance.now() / 300), 0, 240, 320), 50);
      return film.captureStream();
    };
    globalThis.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    globalThis.heard = (type) => globalThis.events.includes(type);
  });
}

/** Waits for an event that came after the last call of this. */
async function heard(type) {
  await until(page, (type) => globalThis.heard(type), type);
  await page.evaluate(() => globalThis.events.splice(0));
}

test("a portrait comes up", { timeout }, async () => {
  ({ page, errors, release } = await blank());
  await portrait();
});

test("a driver after a motion that ended moves", { timeout }, async () => {
  await page.evaluate(async () => {
    const { seconds } = await ritratto.drive(ritratto.motions[0]);
    globalThis.events.splice(0);
    await ritratto.drive(ritratto.motions[0], { at: seconds - 0.3, loop: false });
  });
  await heard("ended");
  await page.evaluate(() => ritratto.drive(ritratto.motions[1]));
  await frames(page, 4);
  await page.evaluate(async () => {
    const { seconds } = await ritratto.drive(ritratto.motions[0]);
    await ritratto.drive(ritratto.motions[0], { at: seconds - 0.3, loop: false });
  });
  await heard("ended");
  await page.evaluate(() => ritratto.drive(film()));
  await frames(page, 3);
});

test("what is frozen stays so with another driver", { timeout }, async () => {
  const moved = await page.evaluate(async () => {
    await ritratto.pause();
    await ritratto.drive(ritratto.motions[0]);
    const { frames } = await ritratto.statistics();
    await wait(1000);
    return (await ritratto.statistics()).frames - frames;
  });
  assert.equal(moved, 0);
  await page.evaluate(() => ritratto.pause(false));
  await frames(page, 3);
});

test("a stream's video element is let go with its driver, and the caller's own is not", { timeout }, async () => {
  const own = await page.evaluate(async () => {
    const own = document.createElement("video");
    Object.assign(own, { muted: true, srcObject: film() });
    await own.play();
    videos.splice(0);
    await ritratto.drive(film());
    await ritratto.drive(own);
    await ritratto.stop();
    return [own.paused, own.srcObject !== null];
  });
  assert.deepEqual(own, [false, true]);
  assert.deepEqual(await page.evaluate(() => videos.map(({ paused, srcObject }) => [paused, srcObject])), [[true, null]]);
});

test("stop() ends a driver that waits for its picture, or for the worker", { timeout }, async () => {
  const waits = await page.evaluate(async () => {
    videos.splice(0);
    const driven = ritratto.drive(film(false));
    await wait(100);
    await ritratto.stop();
    return [await driven, videos.map(({ srcObject }) => srcObject)];
  });
  assert.deepEqual(waits, [{ seconds: 0, motion: null }, [null]]);
  const late = await page.evaluate(async () => {
    videos.splice(0);
    globalThis.onTell = (name) => name === "startLive" && queueMicrotask(() => ritratto.stop());
    await ritratto.drive(film());
    globalThis.onTell = () => {};
    told.splice(0);
    await wait(1000);
    return [told.filter((name) => name === "frame").length, videos.map(({ srcObject }) => srcObject)];
  });
  assert.deepEqual(late, [0, [null]]);
});

test("of two drivers the newer one counts, whichever is there first", { timeout }, async () => {
  const slow = await page.evaluate(async () => {
    let release;
    const file = new Blob(["no motion"]);
    file.arrayBuffer = () => new Promise((resolve) => { release = () => resolve(new ArrayBuffer(8)); });
    const [camera, older] = [ritratto.drive(film(false)), ritratto.drive(file)];
    const { seconds } = await ritratto.drive(ritratto.motions[0]);
    release();
    return { older: [await camera, await older], seconds };
  });
  assert.deepEqual(slow.older, Array(2).fill({ seconds: 0, motion: null }));
  assert.ok(slow.seconds > 0);
  await frames(page, 2);
  const after = await page.evaluate(async () => {
    await ritratto.drive(film());
    await wait(500);
    told.splice(0);
    events.splice(0);
    // The first is on its way to the worker when the second is made.
    globalThis.onTell = (name) => name === "startLive" && queueMicrotask(() => { globalThis.second = ritratto.drive(ritratto.motions[1]); });
    await ritratto.drive(film());
    globalThis.onTell = () => {};
    await globalThis.second;
    await wait(500);
    return { late: told.slice(told.indexOf("startMotion")), events: [...new Set(events)] };
  });
  assert.deepEqual(after, { late: ["startMotion"], events: ["frame"] });
});

test("a driver that fails leaves the one before", { timeout }, async () => {
  const code = await page.evaluate(async () => {
    await ritratto.drive(film());
    return ritratto.drive(new Blob(["no motion"])).catch(({ code }) => code);
  });
  assert.equal(code, "motion");
  await frames(page, 3);
});

test("that the face is away is told of the next driver too, and that it is not", { timeout }, async () => {
  await page.evaluate(() => {
    globalThis.seen = [];
    globalThis.onEvent = ({ type, visible }) => type === "face" && seen.push(visible);
    const empty = document.createElement("canvas");
    const context = empty.getContext("2d");
    setInterval(() => context.fillRect(0, 0, 300, 150), 50);
    globalThis.empty = () => empty.captureStream();
    return ritratto.drive(globalThis.empty());
  });
  const told = (list) => until(page, (list) => JSON.stringify(seen) === list, JSON.stringify(list));
  await told([false]);
  await page.evaluate(() => ritratto.drive(empty()));
  await told([false, false]);
  await frames(page, 2);
  await page.evaluate(() => ritratto.drive(film()));
  await told([false, false, true]);
  // Frames of one driver are not told of again and again.
  await page.evaluate(async () => {
    const frame = await createImageBitmap(document.createElement("canvas"));
    for (let k = 0; k < 3; k++) await ritratto.drive(frame);
    globalThis.onEvent = () => {};
  });
  await told([false, false, true, false]);
});

test("single frames do not give way to each other", { timeout }, async () => {
  const faces = await page.evaluate(async () => {
    const frame = await createImageBitmap(await (await fetch("/given/face.jpg")).blob());
    const seen = await Promise.all([ritratto.drive(frame), ritratto.drive(frame), ritratto.drive(frame)]);
    return seen.map(({ motion }) => motion?.face);
  });
  assert.deepEqual(faces, [true, true, true]);
});

test("of two photos the newer one counts, though the older one comes later", { timeout }, async () => {
  const photos = page.evaluate(async () => {
    const photos = await Promise.all(["slow", "quick"].map((name) => ritratto.setPhoto(`/given/${name}.jpg`)));
    const shown = await createImageBitmap(await ritratto.saveFrame());
    return [...photos, shown].map(({ width }) => width);
  });
  await until(page, () => told.includes("setPhoto"));
  release();
  assert.deepEqual(await photos, [180, 180, 180]);
});

test("a canvas that is in use is refused", { timeout }, async () => {
  const refused = await page.evaluate(() => create(ritratto.canvas).catch(({ code, message }) => [code, message]));
  assert.equal(refused[0], "canvas");
  assert.match(refused[1], /in use.*new canvas/);
});

test("the worker's folder may be given without a slash at its end", { timeout }, async () => {
  const found = await page.evaluate(async () => {
    const { Ritratto } = await import("/pkg/index.js");
    const found = [];
    for (const baseUrl of ["../pkg", new URL("/pkg?version=2", location.href), "/pkg/"]) {
      const given = String(baseUrl);
      const other = await Ritratto.create({ baseUrl, draw: "cpu", nets: "cpu" });
      // The caller's own URL stays as it is.
      found.push(other.motions.length > 0 && String(baseUrl) === given);
      other.dispose();
    }
    return found;
  });
  assert.deepEqual(found, [true, true, true]);
});

test("a clip ends with a worker that stops, and its driver and another clip go on with the next", { timeout }, async () => {
  await page.evaluate(async () => {
    await ritratto.drive(ritratto.motions[0]);
    globalThis.clips = [ritratto.record()];
  });
  await frames(page, 4);
  await page.evaluate(async () => {
    await wait(1200);
    told.splice(0);
    globalThis.onEvent = ({ type }) => type === "restart" && clips.push(ritratto.record());
  });
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error("a test"); }));
  await heard("restart");
  await until(page, () => told.includes("startMotion"));
  const begun = await page.evaluate(() => told.slice(0, told.indexOf("startMotion")).filter((name) => name !== "statistics"));
  assert.equal(begun[0], "create");
  assert.ok(begun.includes("hold"), `${begun}`);
  await frames(page, 4);
  // What is drawn reaches the recorder of the second clip later, as of the first one.
  const sizes = await page.evaluate(async () => {
    await wait(1200);
    return Promise.all(clips.map(async (clip) => (await clip.stop()).size));
  });
  assert.ok(sizes.every((size) => size > 1000), `${sizes} bytes`);
});

test("nothing went wrong beside", { timeout }, () => {
  assert.deepEqual(errors, []);
});

test("a module that the browser cannot run is told from one that does not come", { timeout }, async () => {
  // A module with an instruction that there is not.
  const module = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0xff, 11]);
  for (const [length, code, sentence] of [[module.length, "unsupported", /too old.*Update/], [1000, "network", /connection/]]) {
    const { page, context } = await blank();
    await context.route("**/ritratto_core*.wasm*", (route) => route.fulfill({ body: module, contentType: "application/wasm" }));
    await context.route("**/files.json", async (route) => {
      const response = await route.fetch();
      const list = await response.json();
      for (const name of Object.keys(list)) if (name.endsWith("bg.wasm")) list[name].bytes = length;
      await route.fulfill({ response, json: list });
    });
    const refused = await page.evaluate(async () => {
      const { Ritratto } = await import("/pkg/index.js");
      return Ritratto.create({ draw: "cpu", nets: "cpu" }).catch(({ code, message }) => [code, message]);
    });
    assert.equal(refused[0], code);
    assert.match(refused[1], sentence);
    await context.close();
  }
});
