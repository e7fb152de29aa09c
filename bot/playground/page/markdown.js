// The markdown block: ordinary Markdown, drawn into elements.

import { fragment, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { langOf } from "./format.js";
import { link } from "./mrkdwn.js";

const INLINE = new RegExp(
  [
    "\\\\([!-/:-@\\[-`{-~])", "`([^`]+)`", "!?\\[([^\\]]*)\\]\\(([^)\\s]+)[^)]*\\)", "\\*\\*(.+?)\\*\\*", "__(.+?)__",
    "~~(.+?)~~", "\\*(?=\\S)([^*]+?)(?<=\\S)\\*", "(?<![\\p{L}\\p{N}])_(?=\\S)([^_]+?)(?<=\\S)_(?![\\p{L}\\p{N}])",
    ":([a-z0-9_+-]+):", "<?(https?://[^\\s<>]+)>?",
  ].join("|"),
  "giu",
);

function inline(text) {
  const out = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, escaped, code, label, address, strong, strong2, strike, em, em2, short, bare] = found;
    const sign = short === undefined ? null : emoji(short);
    if (short !== undefined && sign === null) continue;
    out.append(text.slice(from, found.index));
    from = found.index + whole.length;
    if (escaped !== undefined) out.append(escaped);
    else if (code !== undefined) out.append(h("code", {}, code));
    else if (address !== undefined) out.append(link(address, label || address));
    else if (strong ?? strong2) out.append(h("b", {}, inline(strong ?? strong2)));
    else if (strike !== undefined) out.append(h("s", {}, inline(strike)));
    else if (em ?? em2) out.append(h("i", {}, inline(em ?? em2)));
    else if (sign !== null) out.append(h("span", { class: "emoji" }, sign));
    else out.append(link(bare, bare));
  }
  out.append(text.slice(from));
  return out;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
const isRule = (line) => /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/.test(line) && line.includes("-");

function table(lines) {
  const [head, rule, ...body] = lines;
  const sides = cells(rule).map((mark) => (/:$/.test(mark) ? (/^:/.test(mark) ? "center" : "right") : "left"));
  const row = (line, tag) =>
    h("tr", {}, cells(line).map((cell, at) =>
      h(tag, { class: `align-${sides[at] || "left"}`, scope: tag === "th" ? "col" : null, dir: "auto" }, inline(cell))));
  return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", { class: "table" }, h("thead", {}, row(head, "th")), h("tbody", {}, body.map((line) => row(line, "td")))));
}

const ITEM = /^(\s*)(?:([-*+])|(\d+)[.)])\s+(.*)$/;

function list(lines) {
  const first = ITEM.exec(lines[0]);
  const depth = first[1].length;
  const node = h(first[2] ? "ul" : "ol", first[2] ? {} : { start: first[3] });
  let nested = [];
  const flush = () => {
    if (nested.length && node.lastElementChild) node.lastElementChild.append(list(nested));
    nested = [];
  };
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= depth + 1) {
      flush();
      const task = /^\[([ xX])\]\s+(.*)$/.exec(item[4]);
      node.append(task
        ? h("li", { class: "task" }, h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": "done" }), inline(task[2]))
        : h("li", { dir: "auto" }, inline(item[4])));
    } else if (item) nested.push(line);
    else if (node.lastElementChild) node.lastElementChild.append(" ", inline(line.trim()));
  }
  flush();
  return node;
}

/** Take lines from `at` while `keep` holds; returns them. */
const run = (lines, at, keep) => {
  let end = at;
  while (end < lines.length && keep(lines[end])) end += 1;
  return lines.slice(at, end);
};

/** A fragment for a Markdown document. */
export function markdown(text) {
  const lines = String(text ?? "").replaceAll("\r\n", "\n").split("\n");
  const out = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    let taken = 1;
    if (/^\s*```/.test(line)) {
      const body = run(lines, at + 1, (next) => !/^\s*```/.test(next));
      out.push(h("pre", { tabindex: "0" }, body.join("\n")));
      taken = body.length + 2;
    } else if (heading) out.push(h(`h${Math.min(6, heading[1].length + 2)}`, { dir: "auto" }, inline(heading[2])));
    else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) out.push(h("hr"));
    else if (/^\s*>/.test(line)) {
      const body = run(lines, at, (next) => /^\s*>/.test(next));
      out.push(h("blockquote", {}, markdown(body.map((one) => one.replace(/^\s*>\s?/, "")).join("\n"))));
      taken = body.length;
    } else if (line.includes("|") && at + 1 < lines.length && isRule(lines[at + 1])) {
      const body = run(lines, at, (next) => next.includes("|"));
      out.push(table(body));
      taken = body.length;
    } else if (ITEM.test(line)) {
      const kind = Boolean(ITEM.exec(line)[2]);
      const body = run(lines, at, (next) => {
        const item = ITEM.exec(next);
        return item ? item[1].length > 1 || Boolean(item[2]) === kind : /^\s{2,}\S/.test(next);
      });
      out.push(list(body));
      taken = body.length;
    } else if (line.trim()) {
      const body = run(lines, at, (next) => next.trim() && !/^\s*(```|>|#{1,6}\s)/.test(next) && !ITEM.test(next));
      taken = Math.max(1, body.length);
      const words = lines.slice(at, at + taken);
      out.push(h("p", { dir: "auto", lang: langOf(words.join(" ")) }, words.flatMap((one, n) => (n ? [h("br"), inline(one)] : [inline(one)]))));
    }
    at += taken;
  }
  return fragment(out);
}
