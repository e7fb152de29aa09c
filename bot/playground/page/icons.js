// Our own line drawings, 20 by 20.

import { s } from "./dom.js";

const PATHS = {
  hash: "M4 7.5h13M3 12.5h13M8.2 3.5 6.3 16.5M13.7 3.5l-1.9 13",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  close: "M5 5l10 10M15 5 5 15",
  back: "M11.5 4.5 6 10l5.5 5.5M6.5 10H16",
  send: "M3.5 4 17 10 3.5 16l2-6zM5.5 10H11",
  eye: "M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5zM10 7.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z",
  down: "M5.5 8 10 12.5 14.5 8",
  right: "M8 5.5 12.5 10 8 14.5",
  sliders: "M3.5 6h5M12.5 6h4M10.5 4v4M3.5 14h3M10.5 14h6M8.5 12v4",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  paste: "M6 5H4.5v11.5h11V5H14M7.5 3.5h5v3h-5zM10 9.5v4M8 11.7l2 2 2-2",
  info: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 9.2v4.3M10 6.5v.2",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.5v4M10 14.2v.2",
  error: "M7 3h6l4 4v6l-4 4H7l-4-4V7zM10 6.5v4.5M10 13.4v.2",
  success: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM6.8 10.3l2.3 2.3 4.3-4.8",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  thread: "M3.5 4.5h13v8.5h-7l-3.5 3.2V13h-2.5z",
  sort: "M7 8 10 4.8 13 8M7 12l3 3.2 3-3.2",
  home: "M3.5 9.5 10 4l6.5 5.5M5.2 8.5v7.5h9.6V8.5M8.5 16v-4.5h3V16",
  file: "M5.5 3.5h6l3 3v10h-9zM11.5 3.5v3h3M7.5 10h5M7.5 13h5",
  external: "M8 5H4.5v10.5H15V12M11 4h5v5M15.5 4.5 9.5 10.5",
};

/** A drawing that says nothing to screen readers; its neighbour's text does. */
export function icon(name, extra = "") {
  return s("svg", { class: `icon ${extra}`.trim(), viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] || PATHS.info }));
}

/** The bot's face: a clock whose ring is a share of a limit. */
export function botMark() {
  return s("svg", { class: "bot-mark", viewBox: "0 0 36 36", "aria-hidden": "true", focusable: "false" },
    s("rect", { class: "bot-mark-ground", width: "36", height: "36" }),
    s("circle", { class: "bot-mark-track", cx: "18", cy: "18", r: "10.5" }),
    s("path", { class: "bot-mark-share", d: "M18 7.5a10.5 10.5 0 1 1 -8.5 16.67" }),
    s("path", { class: "bot-mark-hand", d: "M18 12.2V18l4.2 2.6" }));
}
