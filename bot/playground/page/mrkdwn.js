// Slack's own markup: *bold*, _italic_, ~strike~, `code`, ```blocks```, > quotes, <links>, <@people>, <!date^...>.

import { fragment, h, safeHref } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { langOf, slackDate } from "./format.js";

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

// A mark opens only after a non-letter and closes only before one, as in Slack: *粗体* inside Chinese text stays plain.
const marked = (sign) => `(?<![\\p{L}\\p{N}${sign}])${sign}(?=\\S)([^${sign}\\n]+?)(?<=\\S)${sign}(?![\\p{L}\\p{N}${sign}])`;
const INLINE = new RegExp(
  ["<([^<>\\n]+)>", "`([^`\\n]+)`", ":([a-z0-9_+-]+):", marked("\\*"), marked("_"), marked("~"), "(https?://[^\\s<>]+)"].join("|"),
  "giu",
);

export function link(address, label) {
  const href = safeHref(address);
  if (!href) return document.createTextNode(label);
  return h("a", { class: "link", href, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** A person's name as a mention; the reader's own stands out. */
export function personMention(id, ctx, label) {
  const person = ctx.people.get(id);
  const name = (person && (person.real_name || person.name)) || label || id;
  return h("span", { class: id === ctx.me ? "mention mention-me" : "mention" }, h("bdi", { lang: langOf(name) }, `@${name}`));
}

export function channelMention(id, ctx, label) {
  const channel = ctx.channels.get(id);
  return h("span", { class: "mention" }, `#${(channel && channel.name) || label || "private channel"}`);
}

export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

export function date(seconds, format, address, fallback) {
  const moment = new Date(seconds * 1000);
  const known = Number.isFinite(moment.getTime());
  const text = known ? slackDate(seconds, format) : fallback;
  const time = known ? h("time", { datetime: moment.toISOString(), title: moment.toString() }, text) : text;
  const shown = address ? link(address, text) : time;
  return shown;
}

function angled(inner, ctx) {
  const [target, ...rest] = inner.split("|");
  const label = rest.length ? unescape(rest.join("|")) : null;
  if (target.startsWith("@")) return personMention(target.slice(1), ctx, label);
  if (target.startsWith("#")) return channelMention(target.slice(1), ctx, label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, address] = target.split("^");
    return date(Number(seconds), unescape(format || ""), address, label || "");
  }
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label || "@group");
  if (target.startsWith("!")) return broadcast(label || target.slice(1));
  const address = unescape(target);
  return link(address, label === null ? address.replace(/^mailto:/, "") : withEmoji(label));
}

const plain = (text) => document.createTextNode(unescape(text));

function inline(text, ctx) {
  const out = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, angle, code, short, bold, italic, strike, address] = found;
    const sign = short === undefined ? null : emoji(short);
    if (short !== undefined && sign === null) continue;
    if (found.index > from) out.append(plain(text.slice(from, found.index)));
    from = found.index + whole.length;
    if (angle !== undefined) out.append(angled(angle, ctx));
    else if (code !== undefined) out.append(h("code", {}, unescape(code)));
    else if (sign !== null) out.append(h("span", { class: "emoji" }, sign));
    else if (bold !== undefined) out.append(h("b", {}, inline(bold, ctx)));
    else if (italic !== undefined) out.append(h("i", {}, inline(italic, ctx)));
    else if (strike !== undefined) out.append(h("s", {}, inline(strike, ctx)));
    else out.append(link(unescape(address), unescape(address)));
  }
  if (from < text.length) out.append(plain(text.slice(from)));
  return out;
}

const isQuote = (line) => /^(?:>|&gt;)/.test(line);

function lines(text, ctx) {
  const out = document.createDocumentFragment();
  let quote = null;
  let pendingBreak = false;
  for (const line of text.split("\n")) {
    if (isQuote(line)) {
      if (!quote) out.append((quote = h("blockquote", {})));
      else quote.append(h("br"));
      quote.append(inline(line.replace(/^(?:>|&gt;)\s?/, ""), ctx));
      pendingBreak = false;
      continue;
    }
    if (pendingBreak) out.append(h("br"));
    quote = null;
    out.append(inline(line, ctx));
    pendingBreak = true;
  }
  return out;
}

/** A fragment for a mrkdwn string. */
export function mrkdwn(text, ctx) {
  const parts = String(text ?? "").split(/```([\s\S]+?)```/);
  return fragment(
    parts.map((part, at) => {
      if (at % 2) return h("pre", { tabindex: "0" }, unescape(part.replace(/^\n|\n$/g, "")));
      const trimmed = at > 0 ? part.replace(/^\n/, "") : part;
      return trimmed ? lines(at < parts.length - 1 ? trimmed.replace(/\n$/, "") : trimmed, ctx) : null;
    }),
  );
}

/** Plain text with shortcodes; line breaks kept by the style sheet. */
const plainText = (text) => fragment(withEmoji(text ?? ""));

/** A text object (plain_text or mrkdwn) inside an element with the right language and direction. */
export function textNode(object, ctx, tag = "div", props = {}) {
  if (!object) return null;
  const text = typeof object === "string" ? object : object.text;
  const isMrkdwn = typeof object === "object" && object.type === "mrkdwn";
  const className = `text ${isMrkdwn ? "mrkdwn" : "plain"} ${props.class || ""}`.trim();
  return h(tag, { dir: "auto", lang: langOf(String(text ?? "")), ...props, class: className },
    isMrkdwn ? mrkdwn(text, ctx) : plainText(text));
}

/** What a screen reader should hear of a mrkdwn string. */
export function spoken(text, ctx) {
  return h("div", {}, mrkdwn(text, ctx)).textContent;
}
