// What a message carries beside its blocks: shared files and old-style attachments.

import { blocks } from "./blocks.js";
import { h, safeHref } from "./dom.js";
import { number } from "./format.js";
import { icon } from "./icons.js";
import { textNode } from "./mrkdwn.js";

const PICTURE = /\.(png|jpe?g|gif|webp|svg)$/i;

const weight = (bytes) => (bytes < 1024 ? `${bytes} bytes` : bytes < 1_048_576 ? `${number(Math.round(bytes / 1024))} kB` : `${number(bytes / 1_048_576)} MB`);

function file(one) {
  const href = safeHref(new URL(one.url_private || "", location.href).href);
  const own = href && new URL(href).origin === location.origin;
  const card = h("a", { class: "file", href: own ? href : null, download: one.name },
    icon("file"), h("span", { class: "file-name", dir: "auto" }, one.title || one.name), h("span", { class: "file-size" }, weight(one.size || 0)));
  if (!own || !PICTURE.test(one.name)) return card;
  const picture = h("img", { class: "element-image", src: href, alt: one.alt_txt || one.title || one.name });
  picture.addEventListener("error", () => picture.remove());
  return h("div", { class: "image-block" }, card, picture);
}

function attachment(one, ctx) {
  return h("div", { class: "attachment" },
    one.title && h("b", { dir: "auto" }, one.title),
    one.text && textNode({ type: "mrkdwn", text: one.text }, ctx),
    one.blocks && blocks(one.blocks, ctx),
    !one.title && !one.text && !one.blocks && textNode(one.fallback || "", ctx));
}

export const extras = (message, ctx) => [
  ...(message.attachments || []).map((one) => attachment(one, ctx)),
  ...(message.files || []).map(file),
];
