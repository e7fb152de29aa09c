// table and data_table blocks.

import { h, hidden, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { richText, richWords } from "./rich_text.js";

function words(cell) {
  if (!cell) return "";
  return cell.type === "rich_text" ? richWords(cell) : withEmoji(cell.text ?? String(cell.value ?? ""));
}

function content(cell, ctx) {
  if (cell && cell.type === "rich_text") return richText(cell, ctx);
  const text = words(cell);
  return h("span", { dir: "auto", lang: langOf(text) }, text);
}

const scroller = (label, table) =>
  h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": label }, table);

/** A plain table; its first row is the heading. */
export function table(block, ctx) {
  const settings = block.column_settings || [];
  const side = (at) => `align-${(settings[at] && settings[at].align) || "left"} ${settings[at] && settings[at].is_wrapped ? "wrapped" : ""}`;
  const row = (cells, tag) => h("tr", {}, cells.map((cell, at) =>
    h(tag, { class: side(at).trim(), scope: tag === "th" ? "col" : null }, content(cell, ctx))));
  const [head = [], ...body] = block.rows || [];
  return scroller("Table", h("table", { class: "table" },
    h("thead", {}, row(head, "th")), h("tbody", {}, body.map((cells) => row(cells, "td")))));
}

const isNumber = (cell) => cell && cell.type === "raw_number";

function compare(one, other) {
  if (isNumber(one) && isNumber(other)) return one.value - other.value;
  return words(one).localeCompare(words(other), "en", { numeric: true });
}

/** A table with paging, sorting and a filter. */
export function dataTable(block, ctx) {
  const [head = [], ...rows] = block.rows || [];
  const size = block.page_size || 5;
  const rowHeader = block.row_header_column_index ?? 0;
  const numeric = head.map((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at])));
  const state = { page: 0, column: null, down: false, filter: "" };
  const body = h("tbody");
  const count = h("span", { class: "table-count", role: "status" });
  const headings = head.map((cell, at) => h("th", { scope: "col", class: numeric[at] ? "align-right" : "align-left", "aria-sort": "none" },
    h("button", { type: "button", class: "sort", on: { click: () => sortBy(at) } }, content(cell, ctx), icon("sort"))));
  const turn = (step, name, text) => h("button", {
    type: "button", class: "btn btn-plain btn-small", "aria-label": text, on: { click: () => { state.page += step; draw(); } },
  }, icon(name));
  const [back, next] = [turn(-1, "back", "Previous page"), turn(1, "right", "Next page")];
  const filterId = uid("filter");
  const filter = h("input", {
    id: filterId, class: "input input-small", type: "search", placeholder: "Filter rows", autocomplete: "off",
    on: { input: () => { Object.assign(state, { filter: filter.value.toLocaleLowerCase(), page: 0 }); draw(); } },
  });

  function sortBy(column) {
    Object.assign(state, { down: state.column === column ? !state.down : numeric[column], column, page: 0 });
    headings.forEach((heading, at) => heading.setAttribute("aria-sort", at !== column ? "none" : state.down ? "descending" : "ascending"));
    draw();
  }

  function shown() {
    const kept = rows.filter((row) => !state.filter || row.some((cell) => words(cell).toLocaleLowerCase().includes(state.filter)));
    if (state.column === null) return kept;
    return kept.sort((one, other) => compare(one[state.column], other[state.column]) * (state.down ? -1 : 1));
  }

  function draw() {
    const all = shown();
    const pages = Math.max(1, Math.ceil(all.length / size));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    const from = state.page * size;
    body.replaceChildren(...all.slice(from, from + size).map((row) => h("tr", {}, row.map((cell, at) =>
      h(at === rowHeader ? "th" : "td", { scope: at === rowHeader ? "row" : null, class: isNumber(cell) ? "align-right" : "align-left" },
        content(cell, ctx))))));
    back.disabled = state.page === 0;
    next.disabled = state.page >= pages - 1;
    const range = all.length ? `${from + 1}–${Math.min(from + size, all.length)} of ${all.length}` : "No matching rows";
    count.textContent = range;
  }
  draw();
  const tools = rows.length > size
    ? h("div", { class: "table-tools" }, h("label", { for: filterId, class: "table-filter" }, hidden("Filter rows"), filter),
      h("span", { class: "spacer" }), count, back, next)
    : null;
  return h("div", { class: "data-table" },
    scroller(block.caption || "Table", h("table", { class: "table" }, h("caption", { dir: "auto" }, block.caption || ""), h("thead", {}, h("tr", {}, headings)), body)),
    tools);
}
