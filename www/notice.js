// Messages to the person, and the sentences for what the camera may say.

/** How long a message stays that reports no failure, milliseconds. */
const STAY = 7000;

const list = document.getElementById("notices");
const open = new Map();

/** Removes the message with this key. */
export function dismiss(key) {
  open.get(key)?.remove();
  open.delete(key);
}

/**
 * Shows a message; one with the same key takes the place of the one before.
 * @param {string} text
 * @param {{key?: string, error?: boolean, stay?: boolean}} options
 */
export function notify(text, { key = text, error = false, stay = error } = {}) {
  dismiss(key);
  const notice = document.createElement("div");
  notice.className = error ? "notice error" : "notice";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Dismiss");
  close.onclick = () => dismiss(key);
  notice.append(words, close);
  list.append(notice);
  open.set(key, notice);
  if (!stay) setTimeout(() => open.get(key) === notice && dismiss(key), STAY);
}

/** Shows a failure. */
export function complain(error, key = "failure") {
  notify(error?.message ?? String(error), { key, error: true });
}

const CAMERA = {
  NotAllowedError:
    "The camera was refused. Allow it for this page in the browser's address bar, then choose the webcam again.",
  NotFoundError: "No camera was found. Connect one, or drive the portrait with a video file or a built-in motion.",
  NotReadableError: "The camera is used by another program. Close that program, then choose the webcam again.",
};

export const CAMERA_GONE =
  "The camera has gone: it was unplugged, or is no longer allowed for this page. Connect or allow it, then choose the webcam again.";

/** The user's camera as a stream; throws an error with a sentence. */
export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("The browser allows the camera only on https pages. Open this page over https.");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 } },
      audio: false,
    });
  } catch (error) {
    const alias = { OverconstrainedError: "NotFoundError", SecurityError: "NotAllowedError", AbortError: "NotReadableError" };
    const sentence = CAMERA[alias[error.name] ?? error.name];
    throw new Error(sentence ?? `The camera cannot be used (${error.message}).`);
  }
}
