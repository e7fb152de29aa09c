// "Are you sure?" boxes of buttons and menus.

import { h, trapTab, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { textNode } from "./mrkdwn.js";

/** Ask as a confirm object says; resolves true or false. Everything behind it is inert meanwhile. */
export function ask(confirm, ctx, layer, behind) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const inert = behind.map((node) => [node, node.inert]);
    const [titleId, textId] = [uid("title"), uid("text")];
    const answer = (value) => {
      layer.replaceChildren();
      layer.hidden = true;
      inert.forEach(([node, was]) => { node.inert = was; });
      if (before && before.isConnected) before.focus();
      resolve(value);
    };
    const choice = (text, style, testid, value) => h("button", {
      type: "button", class: `btn btn-large ${style}`, testid, on: { click: () => answer(value) },
    }, h("span", { class: "btn-text" }, text));
    const yes = choice(withEmoji(confirm.confirm?.text || "Yes"), confirm.style === "danger" ? "btn-danger" : "btn-primary", "confirm-ok", true);
    const no = choice(withEmoji(confirm.deny?.text || "Cancel"), "btn-plain", "confirm-cancel", false);
    const box = h("div", {
      class: "modal modal-small", role: "alertdialog", "aria-modal": "true", "aria-labelledby": titleId, "aria-describedby": textId, testid: "confirm",
      on: { keydown: (event) => {
        trapTab(event, box);
        if (event.key === "Escape") { event.stopPropagation(); answer(false); }
      } },
    },
    h("header", { class: "modal-head" }, h("h1", { id: titleId }, withEmoji(confirm.title?.text || "Are you sure?"))),
    h("div", { class: "modal-body", id: textId }, textNode(confirm.text || { text: "" }, ctx)),
    h("footer", { class: "modal-foot" }, h("div", { class: "modal-buttons" }, no, yes)));
    layer.replaceChildren(h("div", { class: "modal-frame enters" }, box));
    layer.hidden = false;
    behind.forEach((node) => { node.inert = true; });
    (confirm.style === "danger" ? no : yes).focus();
  });
}
