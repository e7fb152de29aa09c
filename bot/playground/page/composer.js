// The box one writes in: Enter sends, Shift+Enter makes a line, "/" offers commands, "@" offers people.

import { avatar, botAvatar } from "./avatar.js";
import { h, uid } from "./dom.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { WORDS } from "./words.js";

const MOST = 8;

export function createComposer({ box, onSend, people, announce }) {
  const listId = uid("complete");
  const input = h("textarea", {
    class: "composer-input", rows: "1", testid: "composer", dir: "auto", autocomplete: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-controls": listId, "aria-haspopup": "listbox",
  });
  const list = h("div", { class: "complete", id: listId, role: "listbox", "aria-label": "Suggestions", testid: "suggestions", hidden: true });
  const send = h("button", { type: "submit", class: "send", testid: "send", "aria-label": "Send", disabled: true }, icon("send"));
  const hint = h("span", { class: "composer-hint" });
  const form = h("form", { class: "composer", autocomplete: "off" }, list, input, h("div", { class: "composer-bar" }, hint, send));
  box.replaceChildren(form);

  let command = "/walltime";
  let offers = [];
  let active = -1;
  const past = [];
  let recalled = -1;

  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 200)}px`;
    send.disabled = input.value.trim() === "";
  }

  /** What could be meant: whole command lines, or a person after "@". Each: {text, about, put}. */
  function suggest() {
    const value = input.value;
    const before = value.slice(0, input.selectionStart);
    if (/^\/\S*$/.test(value) || value.startsWith(`${command} `)) {
      const typed = value.toLowerCase();
      const lines = WORDS.map(([word, about]) => ({ text: word ? `${command} ${word}` : command, about }));
      const fits = lines.filter((one) => one.text.toLowerCase().startsWith(typed) && one.text !== value.trimEnd());
      return fits.slice(0, MOST).map((one) => ({ ...one, put: () => set(one.text === command ? `${command} ` : one.text) }));
    }
    const mention = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before);
    if (!mention) return [];
    const typed = mention[1].toLowerCase();
    return people().filter((one) => [one.name, one.real_name || ""].some((name) => name.toLowerCase().startsWith(typed)))
      .slice(0, MOST).map((one) => ({
        text: `@${one.name}`, about: one.real_name, face: one.is_bot ? botAvatar("avatar-small") : avatar(one.id, one.real_name || one.name, "avatar-small"),
        put: () => {
          const start = before.length - mention[1].length - 1;
          input.setRangeText(`@${one.name} `, start, before.length, "end");
          changed();
        },
      }));
  }

  function mark(at) {
    active = at;
    [...list.children].forEach((node, order) => node.setAttribute("aria-selected", String(order === at)));
    const node = list.children[at];
    if (node) {
      input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function open(found) {
    offers = found;
    list.replaceChildren(...found.map((one, at) => h("div", {
      class: "complete-item", role: "option", id: `${listId}-${at}`, "aria-selected": "false",
      on: { pointerdown: (event) => { event.preventDefault(); take(at); } },
    }, one.face, h("span", { class: "complete-text" }, one.text), h("span", { class: "complete-about", dir: "auto", lang: langOf(one.about || "") }, one.about || ""))));
    if (list.hidden && found.length > 0) announce(`${found.length} suggestions. Arrow keys choose, Tab takes.`);
    list.hidden = found.length === 0;
    mark(-1);
  }

  function take(at) {
    const chosen = offers[at];
    open([]);
    chosen.put();
    if (!input.value.endsWith(" ")) open([]);
    input.focus();
  }

  function changed() {
    grow();
    open(suggest());
  }

  function set(text) {
    input.value = text;
    input.setSelectionRange(text.length, text.length);
    changed();
  }

  function submit() {
    const text = input.value.trim();
    if (!text) return;
    past.unshift(input.value);
    recalled = -1;
    set("");
    open([]);
    onSend(text);
  }

  function recall(step) {
    const next = recalled + step;
    if (next < -1 || next >= past.length) return false;
    recalled = next;
    set(next === -1 ? "" : past[next]);
    open([]);
    return true;
  }

  function arrow(event) {
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (!list.hidden) {
      event.preventDefault();
      mark((active + step + offers.length + (active < 0 && step < 0 ? 1 : 0)) % offers.length);
    } else if ((input.value === "" || recalled >= 0) && recall(-step)) event.preventDefault();
  }

  input.addEventListener("input", () => { recalled = -1; changed(); });
  input.addEventListener("blur", () => open([]));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const listed = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") arrow(event);
    else if (event.key === "Escape" && listed) { event.stopPropagation(); open([]); }
    else if (event.key === "Tab" && !event.shiftKey && listed) { event.preventDefault(); take(Math.max(0, active)); }
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const half = !input.value.includes(" ") && input.value.startsWith("/") && input.value !== command;
      if (listed && (active >= 0 || (half && offers.length > 0))) take(Math.max(0, active));
      else submit();
    }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); input.focus(); });

  return {
    focus: () => input.focus(),
    set: (text) => { set(text); open([]); input.focus(); },
    wait: (words) => { hint.textContent = words; form.classList.toggle("is-waiting", Boolean(words)); },
    /** Say where a message would go. */
    here: (name, newCommand) => {
      command = newCommand;
      input.setAttribute("aria-label", `Message ${name}`);
      input.placeholder = `Message ${name}, or type ${command}`;
      grow();
    },
  };
}
