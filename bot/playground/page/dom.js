// Small helpers to build elements. Data only ever becomes text nodes and checked attributes.

const SVG = "http://www.w3.org/2000/svg";
let counter = 0;

/** An id no other element of the page has. */
export const uid = (prefix) => `${prefix}-${(counter += 1)}`;

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (name === "testid") {
      node.dataset.testid = value;
    } else if (name === "data") {
      Object.assign(node.dataset, value);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** h("button", {class, testid, data, on, ...attributes}, ...children) */
export const h = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);

/** The same for SVG elements. */
export const s = (tag, props = {}, ...children) => fill(document.createElementNS(SVG, tag), props, children);

export const fragment = (...children) => fill(document.createDocumentFragment(), {}, children);

/** Text that only screen readers get. */
export const hidden = (text) => h("span", { class: "sr-only" }, text);

const FOCUSABLE = [
  "a[href]", "button:not([disabled])", "input:not([disabled])", "select:not([disabled])",
  "textarea:not([disabled])", "[tabindex='0']",
].join(",");

/** Elements inside `root` that Tab stops at, in order. */
export const focusable = (root) =>
  [...root.querySelectorAll(FOCUSABLE)].filter((node) => node.offsetParent !== null && !node.closest("[inert]"));

/** Keep Tab inside `root`; call it from root's keydown. */
export function trapTab(event, root) {
  if (event.key !== "Tab") return;
  const stops = focusable(root);
  if (stops.length === 0) {
    event.preventDefault();
    return;
  }
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const here = document.activeElement;
  if (event.shiftKey && (here === first || !root.contains(here))) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (here === last || !root.contains(here))) {
    event.preventDefault();
    first.focus();
  }
}

/** Only addresses a person may safely follow; anything else is null. */
export function safeHref(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
