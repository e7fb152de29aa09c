// Faces: initials on a tint for people, the clock for the bot.

import { h } from "./dom.js";
import { initials, tint } from "./format.js";
import { botMark } from "./icons.js";

export const avatar = (id, name, size = "") =>
  h("span", { class: `avatar tint-${tint(id)} ${size}`.trim(), "aria-hidden": "true" }, initials(name));

export const botAvatar = (size = "") => h("span", { class: `avatar avatar-bot ${size}`.trim(), "aria-hidden": "true" }, botMark());
