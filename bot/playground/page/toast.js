// Short notices in the corner, and the live region that speaks to screen readers.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const STAYS = 7000;
const SAME_WITHIN = 3000;

export function createToasts(corner, live) {
  const recent = new Map();

  /** Say `text` to screen readers only. */
  function announce(text) {
    const line = h("p", {}, text);
    live.append(line);
    setTimeout(() => line.remove(), 1500);
  }

  /** Show a notice; the same words again within three seconds are one notice. */
  function toast(text, kind = "info") {
    const now = Date.now();
    if (now - (recent.get(text) || 0) < SAME_WITHIN) return;
    recent.set(text, now);
    const close = h("button", { type: "button", class: "icon-btn", "aria-label": "Dismiss notice", on: { click: () => note.remove() } }, icon("close"));
    const note = h("div", { class: `toast toast-${kind}`, testid: "toast" }, icon(kind), h("span", { dir: "auto" }, text), close);
    corner.append(note);
    announce(text);
    const leave = () => setTimeout(() => note.remove(), STAYS);
    let timer = leave();
    note.addEventListener("pointerenter", () => clearTimeout(timer));
    note.addEventListener("pointerleave", () => { timer = leave(); });
    note.addEventListener("focusin", () => clearTimeout(timer));
  }

  return { toast, announce };
}
