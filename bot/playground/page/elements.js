// Interactive elements that act at once: buttons, menus, and selects outside of forms.

import { h, safeHref, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { control } from "./inputs.js";

function button(element, blockId, ctx) {
  const text = withEmoji(element.text.text);
  const href = element.url ? safeHref(element.url) : null;
  const props = {
    class: `btn ${element.style ? `btn-${element.style}` : "btn-plain"}`,
    testid: `button-${element.action_id}`, "aria-label": element.accessibility_label, data: { value: element.value || "" },
  };
  const words = h("span", { class: "btn-text", dir: "auto", lang: langOf(text) }, text);
  const act = (event) => ctx.act({ blockId, element, node: event.currentTarget, value: element.value });
  if (href) {
    return h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer", on: { click: act } }, words, icon("external"));
  }
  return h("button", { ...props, type: "button", on: { click: act } }, words);
}

/** A "more" button with a menu: arrows move, Enter chooses, Esc closes. */
function overflow(element, blockId, ctx) {
  const menuId = uid("menu");
  const items = (element.options || []).map((option) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: "menu-item", data: { value: option.value || "" },
    on: { click: () => { menu.hidePopover(); ctx.act({ blockId, element, node: more, selected: option.value }); } },
  }, withEmoji(option.text.text)));
  const menu = h("div", {
    id: menuId, class: "menu", role: "menu", popover: "auto", "aria-label": "More actions",
    on: {
      keydown: (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
      },
      toggle: (event) => {
        const open = event.newState === "open";
        more.setAttribute("aria-expanded", String(open));
        if (!open) return;
        const place = more.getBoundingClientRect();
        menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`;
        const below = place.bottom + 4 + menu.offsetHeight < innerHeight;
        menu.style.top = `${below ? place.bottom + 4 : place.top - menu.offsetHeight - 4}px`;
        items[0]?.focus();
      },
    },
  }, items);
  const more = h("button", {
    type: "button", class: "btn btn-plain btn-more", testid: `button-${element.action_id}`, popovertarget: menuId,
    "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More actions",
  }, icon("more"));
  return h("span", { class: "menu-anchor" }, more, menu);
}

const parse = (address) => (URL.canParse(address, location.href) ? new URL(address, location.href) : null);

export function image(element) {
  const alt = element.alt_text || "";
  const missing = () => h("span", { class: "image-missing", role: "img", "aria-label": alt }, alt);
  // The page loads nothing from outside this computer; such a picture is told by its words.
  const address = parse(element.image_url || "");
  if (!address || (address.origin !== location.origin && address.protocol !== "data:")) return missing();
  const picture = h("img", { class: "element-image", src: address.href, alt, loading: "lazy" });
  picture.addEventListener("error", () => picture.replaceWith(missing()));
  return picture;
}

/** Any element of an actions block or an accessory. */
export function element(spec, blockId, ctx) {
  if (spec.type === "button" || spec.type === "workflow_button") return button(spec, blockId, ctx);
  if (spec.type === "overflow") return overflow(spec, blockId, ctx);
  if (spec.type === "image") return image(spec);
  const label = (spec.placeholder && spec.placeholder.text) || spec.accessibility_label || "Choose";
  const made = control(spec, ctx, { id: uid("field"), label }, (why, own) => {
    if (why === "typed") return false;
    ctx.act({ blockId, element: spec, node: own.node, selected: own.get() });
    return true;
  });
  if (!made) return h("span", { class: "unknown" }, `“${spec.type}” is not drawn by this demo`);
  made.node.classList.add("inline-control");
  ctx.form?.add({ blockId, actionId: spec.action_id, control: made, required: false });
  return made.node;
}
