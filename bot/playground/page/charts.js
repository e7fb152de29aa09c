// data_visualization blocks as SVG: line, bar, area and pie. Redrawn to the width they have, so that letters keep their size.

import { h, s } from "./dom.js";
import { number } from "./format.js";

const HEIGHT = 232;
const PAD = { top: 12, right: 12, bottom: 30 };
const LETTER = 6.6;

/** About four round steps that hold every value and zero. */
function scale(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const first = Math.floor(low / step);
  const count = Math.max(1, Math.ceil(high / step - 1e-9) - first);
  const ticks = Array.from({ length: count + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
  return { ticks, low: ticks[0], high: ticks[ticks.length - 1] };
}

/** The series as rows of values in the order of the categories; a missing point is null. */
function plotted(chart) {
  const categories = chart.axis_config?.categories || (chart.series[0]?.data || []).map((point) => point.label);
  const series = chart.series.map((one) => {
    const byLabel = new Map(one.data.map((point) => [point.label, point.value]));
    return { name: one.name, values: categories.map((label) => byLabel.get(label) ?? null) };
  });
  return { categories, series };
}

function axes(box, ticks, categories, y, x) {
  const grid = ticks.map((tick) => s("g", {},
    s("line", { class: tick === 0 ? "chart-base" : "chart-grid", x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
    s("text", { class: "chart-label", x: box.left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick))));
  const slot = (box.right - box.left) / Math.max(1, categories.length);
  const widest = Math.max(...categories.map((label) => label.length)) * LETTER + 10;
  const every = Math.max(1, Math.ceil(widest / slot));
  const labels = categories.map((label, at) => (at % every ? null
    : s("text", { class: "chart-label", x: x(at), y: box.bottom + 19, "text-anchor": "middle" }, label)));
  return [...grid, ...labels.filter(Boolean)];
}

function bars(series, box, slot, y) {
  const group = Math.min(slot * 0.72, 46 * series.length);
  const wide = group / series.length;
  const gap = wide > 6 ? 2 : 0;
  return series.flatMap((one, order) => one.values.map((value, at) => {
    if (value === null) return null;
    const left = box.left + slot * (at + 0.5) - group / 2 + wide * order;
    const [top, bottom] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
    const round = Math.min(3, (wide - gap) / 2, bottom - top);
    return s("rect", { class: `mark series-${order}`, x: left, y: top, width: Math.max(1, wide - gap), height: Math.max(0, bottom - top), rx: round });
  })).filter(Boolean);
}

/** Unbroken stretches of a series as lists of points. */
function stretches(values, x, y) {
  const out = [[]];
  values.forEach((value, at) => (value === null ? out.push([]) : out[out.length - 1].push([x(at), y(value)])));
  return out.filter((points) => points.length > 0);
}

function lines(series, filled, x, y) {
  return series.flatMap((one, order) => stretches(one.values, x, y).flatMap((points) => {
    const path = points.map(([left, top], at) => `${at ? "L" : "M"}${left.toFixed(1)} ${top.toFixed(1)}`).join("");
    const ground = `${path}L${points[points.length - 1][0]} ${y(0)}L${points[0][0]} ${y(0)}Z`;
    return [
      filled && s("path", { class: `area series-${order}`, d: ground }),
      s("path", { class: `line series-${order}`, d: path }),
      ...points.map(([left, top]) => s("circle", { class: `dot series-${order}`, cx: left, cy: top, r: points.length > 16 ? 2.2 : 3.2 })),
    ].filter(Boolean);
  }));
}

/** Draw a chart with axes; answers the marks and where each category stands. */
function plane(chart, width) {
  const { categories, series } = plotted(chart);
  const { ticks, low, high } = scale(series.flatMap((one) => one.values.filter((value) => value !== null)));
  const left = Math.max(...ticks.map((tick) => number(tick).length)) * LETTER + 16;
  const box = { left, right: width - PAD.right, top: PAD.top, bottom: HEIGHT - PAD.bottom };
  const slot = (box.right - box.left) / Math.max(1, categories.length);
  const x = (at) => box.left + slot * (at + 0.5);
  const y = (value) => box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top);
  const marks = chart.type === "bar" ? bars(series, box, slot, y) : lines(series, chart.type === "area", x, y);
  const guide = s("rect", { class: "chart-guide", y: box.top, width: Math.max(2, slot), height: box.bottom - box.top, visibility: "hidden" });
  return { nodes: [guide, ...axes(box, ticks, categories, y, x), ...marks], categories, series, x, slot, box, guide };
}

function pie(chart, width) {
  const total = chart.segments.reduce((sum, one) => sum + Math.max(0, one.value), 0) || 1;
  const [cx, cy, r] = [width / 2, HEIGHT / 2, HEIGHT / 2 - 12];
  let turned = -Math.PI / 2;
  return chart.segments.map((one, order) => {
    const share = Math.max(0, one.value) / total;
    const props = { class: `slice series-${order}` };
    if (share > 0.9999) return s("circle", { ...props, cx, cy, r });
    const point = (angle) => `${(cx + r * Math.cos(angle)).toFixed(2)} ${(cy + r * Math.sin(angle)).toFixed(2)}`;
    const from = point(turned);
    turned += share * 2 * Math.PI;
    return s("path", { ...props, d: `M${cx} ${cy}L${from}A${r} ${r} 0 ${share > 0.5 ? 1 : 0} 1 ${point(turned)}Z` });
  });
}

const swatch = (order) => h("span", { class: `swatch series-${order}`, "aria-hidden": "true" });

function legend(chart) {
  if (chart.type === "pie") {
    const total = chart.segments.reduce((sum, one) => sum + Math.max(0, one.value), 0) || 1;
    return h("ul", { class: "legend legend-pie" }, chart.segments.map((one, order) => h("li", {}, swatch(order),
      h("bdi", {}, one.label), h("span", { class: "legend-value" }, `${number(one.value)} · ${Math.round((one.value / total) * 100)} %`))));
  }
  return h("ul", { class: "legend" }, chart.series.map((one, order) => h("li", {}, swatch(order), h("bdi", {}, one.name))));
}

/** The same numbers as a table for screen readers. */
function twin(chart, title) {
  if (chart.type === "pie") {
    return h("table", {}, h("caption", {}, title), chart.segments.map((one) => h("tr", {}, h("th", { scope: "row" }, one.label), h("td", {}, number(one.value)))));
  }
  const { categories, series } = plotted(chart);
  return h("table", {}, h("caption", {}, title),
    h("tr", {}, h("td"), series.map((one) => h("th", { scope: "col" }, one.name))),
    categories.map((label, at) => h("tr", {}, h("th", { scope: "row" }, label),
      series.map((one) => h("td", {}, one.values[at] === null ? "" : number(one.values[at]))))));
}

/** Pointing at a category, or moving to it with the arrow keys, shows its numbers. */
function pointing(stage, svg, tip, current) {
  let shown = -1;
  const show = (at) => {
    const { drawn } = current;
    shown = at;
    const inside = at >= 0 && at < drawn.categories.length;
    tip.hidden = !inside;
    drawn.guide.setAttribute("visibility", inside ? "visible" : "hidden");
    if (!inside) return;
    drawn.guide.setAttribute("x", drawn.x(at) - drawn.slot / 2);
    tip.replaceChildren(h("b", {}, drawn.categories[at]), ...drawn.series.map((one, order) =>
      h("div", {}, swatch(order), `${one.name}: ${one.values[at] === null ? "no data" : number(one.values[at])}`)));
    const room = stage.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, drawn.x(at) - tip.offsetWidth / 2))}px`;
  };
  svg.addEventListener("pointermove", (event) => {
    const { drawn } = current;
    const left = event.clientX - svg.getBoundingClientRect().left;
    const at = Math.floor((left - drawn.box.left) / drawn.slot);
    if (at !== shown) show(at);
  });
  svg.addEventListener("pointerleave", () => show(-1));
  stage.addEventListener("blur", () => show(-1));
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(Math.max(0, Math.min(current.drawn.categories.length - 1, shown + step)));
  });
}

export function chart(block) {
  const spec = block.chart;
  const isPie = spec.type === "pie";
  const svg = s("svg", { class: "chart-svg", height: HEIGHT, "aria-hidden": "true", focusable: "false" });
  const tip = h("div", { class: "chart-tip", role: "status", hidden: true });
  const stage = h("div", {
    class: "chart-stage", tabindex: isPie ? null : "0", role: "group",
    "aria-label": isPie ? `Pie chart: ${block.title}` : `${spec.type} chart: ${block.title}. Arrow keys read its points.`,
  }, svg, tip);
  const current = { drawn: null };
  const draw = (width) => {
    svg.setAttribute("width", width);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    if (isPie) return svg.replaceChildren(...pie(spec, width));
    current.drawn = plane(spec, width);
    tip.hidden = true;
    return svg.replaceChildren(...current.drawn.nodes);
  };
  draw(560);
  if (!isPie) pointing(stage, svg, tip, current);
  new ResizeObserver(([entry]) => entry.contentRect.width > 0 && draw(Math.round(entry.contentRect.width))).observe(stage);
  const { x_label: xLabel, y_label: yLabel } = spec.axis_config || {};
  return h("figure", { class: `chart chart-${spec.type}` },
    h("figcaption", { dir: "auto" }, block.title),
    yLabel && h("div", { class: "chart-axis", dir: "auto" }, yLabel), stage, xLabel && h("div", { class: "chart-axis chart-axis-x", dir: "auto" }, xLabel),
    legend(spec), h("div", { class: "sr-only" }, twin(spec, block.title)));
}
