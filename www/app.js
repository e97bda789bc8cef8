// The page: puts photo, driver and result together.

import { Ritratto } from "./pkg/index.js";
import { DriverPane, isMotion } from "./driver.js";
import { EarlyChoice } from "./early.js";
import { Editor } from "./editor.js";
import { complain, dismiss, notify } from "./notice.js";
import { reveal, save } from "./page.js";
import { ClipRecorder, MotionRecorder } from "./record.js";
import { switchRefiner } from "./refine.js";
import { showDevice, showTier } from "./tier.js";
import { TransferPanel } from "./transfer.js";

const $ = (id) => document.getElementById(id);
const FIRST_SAMPLE = "asha";
const TOO_OLD = "This browser is too old for this page. Use a recent Chrome, Edge, Firefox or Safari.";
/** `?draw=gpu` or `?draw=cpu` overrides what draws, to compare them. */
const DRAW = new URLSearchParams(location.search).get("draw") ?? "auto";
const samples = [...document.querySelectorAll("[data-sample]")];

const early = new EarlyChoice();
let portrait;
let driver;
let editor;
let clipRecorder;
let motionRecorder;
let paused = false;
let photoUrl = null;
/** Counts photos, so that only the newest says how it went. */
let photos = 0;
/** The number of the photo on show. A photo that gave way to a newer one comes back late and was not shown. */
let shown = 0;
/** The newest photo on its way: whether it came up. */
let newest = Promise.resolve(false);
/** Tells that the portrait takes photos; what is chosen before waits for it. */
let load;
const loaded = new Promise((resolve) => {
  load = resolve;
});

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function onProgress({ loaded, total }) {
  $("bar").value = loaded / total;
  $("loading-text").textContent =
    loaded < total ? `Loading ${megabytes(loaded)} of ${megabytes(total)} MB` : "Starting";
}

/** The worker stopped: recordings end. */
function cut() {
  clipRecorder?.cut();
  motionRecorder?.lost();
}

function onEvent(event) {
  if (event.type === "frame") {
    driver?.draw(event.motion);
    motionRecorder?.frame();
  } else if (event.type === "tier") {
    showTier(event);
  } else if (event.type === "face") {
    driver?.face(event.visible);
  } else if (event.type === "restart") {
    cut();
    notify("The portrait stopped and is starting again.", { key: "restart" });
  } else if (event.type === "error") {
    // These come when the portrait stays stopped.
    if (["crashed", "gpu"].includes(event.error.code)) cut();
    complain(event.error, "running");
  }
}

/** Shows the photo that is animated, also in the portrait's place as long as nothing is drawn there. */
function showPhoto(file, sample) {
  if (photoUrl) URL.revokeObjectURL(photoUrl);
  photoUrl = URL.createObjectURL(file);
  $("photo").src = $("still").src = photoUrl;
  for (const button of samples) button.setAttribute("aria-pressed", String(button.dataset.sample === sample));
}

/** Sets a photo, a file or one that is on its way; `sample` is its name if it is one of the page's. */
function setPhoto(photo, sample = null) {
  dismiss("photo");
  newest = takePhoto(photo, sample);
  return newest;
}

async function takePhoto(photo, sample) {
  // The number is taken before anything is waited for, because the order in which photos are chosen counts.
  const number = ++photos;
  document.body.classList.add("busy");
  try {
    const file = await photo;
    if (number !== photos) return newest;
    // Before anything is animated, the choice itself is all there is to show.
    if (!editor) showPhoto(file, sample);
    await loaded;
    if (number !== photos) return newest;
    const { faces, coefficients } = await portrait.setPhoto(file);
    if (number < shown) return newest;
    // Also if a newer one is on its way: that one may fail.
    shown = number;
    editor.photo(coefficients);
    showPhoto(file, sample);
    reveal();
    if (number === photos && faces > 1) {
      notify(`There are ${faces} faces in this photo. The largest that can be used is animated.`, { key: "photo" });
    }
    return true;
  } catch (error) {
    if (number !== photos) return newest;
    complain(error, "photo");
    return false;
  } finally {
    if (number === photos) document.body.classList.remove("busy");
  }
}

async function fetchSample(name) {
  const response = await fetch(`samples/${name}.jpg`).catch(() => null);
  if (!response?.ok) throw new Error("The sample portrait cannot be loaded. Check the connection and reload.");
  return response.blob();
}

async function setPaused(on) {
  paused = on;
  $("pause").textContent = on ? "Play" : "Pause";
  driver?.pause(on);
  await portrait.pause(on);
}

/** Runs an action of a button; a failure becomes a message. */
const action = (work) => () => work().catch((error) => complain(error));

/** What works at once, before the portrait is there. */
function listenForPhotos() {
  $("choose-photo").onclick = () => $("photo-file").click();
  $("photo-file").onchange = ({ target }) => {
    if (target.files[0]) setPhoto(target.files[0]);
    target.value = "";
  };
  for (const button of samples) {
    const name = button.dataset.sample;
    button.onclick = () => setPhoto(fetchSample(name), name);
  }

  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (file.type.startsWith("video/") || isMotion(file)) (driver ?? early).file(file);
    else setPhoto(file);
  });
}

function listen() {
  $("pause").onclick = action(() => setPaused(!paused));
  $("neutral").onclick = action(async () => {
    await portrait.setNeutral();
    notify("Your present face now stands for the portrait's own expression.", { key: "neutral" });
  });
  $("save").onclick = action(async () => save(await portrait.saveFrame(), "ritratto.png"));
  switchRefiner(portrait);
  $("mark").onchange = action(() => portrait.options({ mark: $("mark").checked }));
  for (const button of ["pause", "save", "record"]) $(button).disabled = false;

  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target !== document.body) return;
    event.preventDefault();
    $("pause").click();
  });
}

async function start() {
  $("too-old").hidden = true;
  if (!$("result").transferControlToOffscreen) throw new Error(TOO_OLD);
  listenForPhotos();
  const sample = fetchSample(FIRST_SAMPLE);
  sample.catch(() => {});
  portrait = await Ritratto.create({ canvas: $("result"), onProgress, onEvent, draw: DRAW });
  // For the console, and for tests.
  globalThis.ritratto = portrait;
  editor = new Editor(portrait);
  clipRecorder = new ClipRecorder(portrait);
  motionRecorder = new MotionRecorder(portrait);
  await new TransferPanel(portrait).start();
  showDevice(portrait);
  $("loading-text").textContent = "Preparing the portrait";
  load();
  // Where the user's photo could not be used, the sample comes up, and the message about that photo stays.
  if (!(await newest)) await (newest = takePhoto(sample, FIRST_SAMPLE));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    await setPaused(true);
    notify("Your system asks for less motion, so the portrait waits. Press Play to start it.", { key: "motion" });
  }
  // From here on the pane takes choices, and starts at once with what was chosen before.
  driver = new DriverPane(portrait, editor, ({ live, edited }) => {
    $("neutral").disabled = !live;
    motionRecorder.live = live;
    $("pause").disabled = edited;
  });
  listen();
  await early.start(driver, () => driver.builtin(portrait.motions[0]));
  $("loading").hidden = true;
}

start().catch((error) => {
  $("loading").hidden = true;
  complain(error, "start");
});
