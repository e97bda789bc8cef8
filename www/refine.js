// The switch for the refiner, and before and after: geometry alone while a key or the button is held.

import { complain } from "./notice.js";

/** The key, in lower case; with Caps Lock or Shift it comes in upper case. */
const KEY = "g";
const $ = (id) => document.getElementById(id);

export function switchRefiner(portrait) {
  const mode = $("refine");
  const button = $("compare");
  let held = false;
  const set = () => portrait.options({ refine: held ? "off" : mode.value }).catch((error) => complain(error, "running"));
  const hold = (on) => {
    if (on === held) return;
    held = on;
    button.setAttribute("aria-pressed", String(on));
    set();
  };
  mode.onchange = set;
  button.onpointerdown = () => hold(true);
  for (const event of ["pointerup", "pointercancel", "pointerleave", "blur"]) button.addEventListener(event, () => hold(false));
  const typing = (target) => target.matches("input, select, textarea");
  addEventListener("keydown", (event) => {
    const pressed = event.target === button && (event.key === " " || event.key === "Enter");
    if (pressed || (event.key.toLowerCase() === KEY && !event.ctrlKey && !event.metaKey && !typing(event.target))) {
      event.preventDefault();
      hold(true);
    }
  });
  addEventListener("keyup", ({ key }) => {
    if (held && (key.toLowerCase() === KEY || key === " " || key === "Enter")) hold(false);
  });
  addEventListener("blur", () => hold(false));
  mode.disabled = button.disabled = false;
}
