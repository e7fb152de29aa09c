// The panel "Demo tools": what to try, a clipboard with made-up secrets, and switches of the stand-ins.

import { h, uid } from "./dom.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";

const NOBODY = { people: new Map(), channels: new Map(), me: null };
const shortened = (value) => (value.length > 34 ? `${value.slice(0, 22)}…${value.slice(-8)}` : value);

/** Notes are sentences; a command in `backticks` becomes a button that puts it into the composer. */
function note(text, tryOut) {
  return h("li", { dir: "auto", lang: langOf(text) }, text.split(/`([^`]+)`/).map((part, at) => {
    if (at % 2 === 0) return mrkdwn(part, NOBODY);
    if (!part.startsWith("/")) return h("code", {}, part);
    return h("button", { type: "button", class: "try", title: "Put into the message box", on: { click: () => tryOut(part) } }, part);
  }));
}

export function createTools({ panel, paste, tryOut, flip, toast, close }) {
  const notes = h("ol", { class: "notes" });
  const clips = h("ul", { class: "clips" });
  const switches = h("ul", { class: "switches" });
  const clipTitle = uid("clips");
  const clipBox = h("section", { class: "clip-box", "aria-labelledby": clipTitle, testid: "clipboard" },
    h("h2", { id: clipTitle, class: "tools-title" }, "Clipboard"), clips);
  const titled = (title, body, testid) => {
    const id = uid("tools");
    return h("section", { "aria-labelledby": id, testid }, h("h2", { id, class: "tools-title" }, title), body);
  };
  const noteBox = titled("Things to try", notes, "notes");
  const switchBox = titled("Make it go wrong", switches, "switches");
  const home = h("div", { class: "clip-home" }, clipBox);
  panel.replaceChildren(
    h("header", { class: "tools-head" }, h("h2", {}, "Demo tools"),
      h("button", { type: "button", class: "icon-btn", "aria-label": "Close demo tools", testid: "tools-close", on: { click: close } }, icon("close"))),
    h("div", { class: "tools-scroll" }, noteBox, home, switchBox,
      h("p", { class: "tools-foot" }, "Everything here runs on this computer. Names, numbers and tokens are made up.")));

  let inForm = false;
  let stamp = "";

  async function copy(entry, button) {
    try {
      await navigator.clipboard.writeText(entry.value);
      button.classList.add("is-done");
      setTimeout(() => button.classList.remove("is-done"), 1500);
      toast("Copied", "success");
    } catch {
      toast("The browser did not allow copying", "warning");
    }
  }

  function clip(entry, at) {
    const copyButton = h("button", {
      type: "button", class: "btn btn-plain btn-small", testid: `clip-${at}-copy`, "aria-label": `Copy ${entry.label}`, on: { click: () => copy(entry, copyButton) },
    }, icon("copy"), h("span", { class: "btn-text" }, "Copy"));
    const pasteButton = inForm && h("button", {
      type: "button", class: "btn btn-plain btn-small btn-accent", testid: `clip-${at}-paste`, "aria-label": `Paste into form: ${entry.label}`,
      on: { click: () => paste(entry.value, entry.label) || toast("This form has no text field", "warning") },
    }, icon("paste"), h("span", { class: "btn-text" }, "Paste into form"));
    return h("li", { class: "clip", testid: `clip-${at}`, data: { value: entry.value } },
      h("div", { class: "clip-label", dir: "auto", lang: langOf(entry.label) }, entry.label), h("code", { class: "clip-value" }, shortened(entry.value)),
      h("div", { class: "clip-buttons" }, pasteButton, copyButton));
  }

  function drawSwitch(one) {
    const id = uid("switch");
    const input = h("input", {
      type: "checkbox", role: "switch", id, class: "switch", testid: `switch-${one.name}`, on: { change: () => flip(one.name, input.checked) },
    });
    input.checked = one.on;
    return h("li", {}, h("label", { for: id, dir: "auto", lang: langOf(one.label) }, one.label), input);
  }

  let current = { boot: null, me: null };

  function draw() {
    const { boot, me } = current;
    const own = boot.clipboard.map((entry, at) => [entry, at]).filter(([entry]) => !entry.for || entry.for === me);
    const next = JSON.stringify([own, boot.switches, boot.notes, inForm]);
    if (next === stamp) return;
    stamp = next;
    const focused = document.activeElement?.dataset?.testid;
    const held = panel.contains(document.activeElement);
    notes.replaceChildren(...boot.notes.map((text) => note(text, tryOut)));
    clips.replaceChildren(...own.map(([entry, at]) => clip(entry, at)));
    switches.replaceChildren(...boot.switches.map(drawSwitch));
    noteBox.hidden = boot.notes.length === 0;
    clipBox.hidden = own.length === 0;
    switchBox.hidden = boot.switches.length === 0;
    if (held && focused) panel.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
  }

  return {
    sync(boot, me) {
      current = { boot, me };
      draw();
    },
    /** The clipboard as the modals use it: under the form while one is open, in the panel otherwise. */
    helper: {
      node: clipBox,
      inForm(value) {
        inForm = value;
        if (!value) home.append(clipBox);
        if (current.boot) draw();
      },
    },
  };
}
