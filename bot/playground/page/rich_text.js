// rich_text blocks: sections, lists, quotes and preformatted text.

import { fragment, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { langOf } from "./format.js";
import { broadcast, channelMention, date, link, personMention } from "./mrkdwn.js";

function styled(node, style = {}) {
  const wraps = [["code", "code"], ["strike", "s"], ["italic", "i"], ["bold", "b"], ["underline", "u"]];
  return wraps.reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), node);
}

const fromCodes = (codes) => String.fromCodePoint(...codes.split("-").map((code) => Number.parseInt(code, 16)));

function leaf(element, ctx) {
  switch (element.type) {
    case "text": return document.createTextNode(element.text);
    case "link": return link(element.url, element.text || element.url);
    case "emoji": {
      const sign = element.unicode ? fromCodes(element.unicode) : emoji(element.name);
      return sign ? h("span", { class: "emoji" }, sign) : document.createTextNode(`:${element.name}:`);
    }
    case "user": return personMention(element.user_id, ctx);
    case "channel": return channelMention(element.channel_id, ctx);
    case "usergroup": return h("span", { class: "mention" }, "@group");
    case "broadcast": return broadcast(element.range);
    case "date": return date(element.timestamp, element.format, element.url, element.fallback || "");
    case "color": return h("code", {}, element.value);
    default: return document.createTextNode(element.text || "");
  }
}

const leaves = (elements, ctx) => fragment((elements || []).map((element) => styled(leaf(element, ctx), element.style)));
const words = (elements) => (elements || []).map((element) => element.text || "").join("");

const BULLETS = 3;

function part(element, ctx) {
  const language = langOf(words(element.elements));
  switch (element.type) {
    case "rich_text_list": {
      const ordered = element.style === "ordered";
      const indent = element.indent || 0;
      const props = { class: `rich-list indent-${Math.min(indent, 6)} bullet-${indent % BULLETS}` };
      if (ordered && element.offset) props.start = element.offset + 1;
      return h(ordered ? "ol" : "ul", props,
        (element.elements || []).map((item) =>
          h("li", { dir: "auto", lang: langOf(words(item.elements)) }, leaves(item.elements, ctx))));
    }
    case "rich_text_preformatted": return h("pre", { tabindex: "0" }, leaves(element.elements, ctx));
    case "rich_text_quote": return h("blockquote", { dir: "auto", lang: language }, leaves(element.elements, ctx));
    default: return h("div", { class: "rich-section", dir: "auto", lang: language }, leaves(element.elements, ctx));
  }
}

/** The drawing of a rich_text block or cell. */
export function richText(block, ctx) {
  return h("div", { class: "rich-text" }, (block.elements || []).map((element) => part(element, ctx)));
}

/** Its words, for sorting and searching. */
export const richWords = (block) => (block.elements || []).map((element) => words(element.elements)).join(" ");
