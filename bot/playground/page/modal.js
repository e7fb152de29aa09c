// The stack of modals: only the top one shows. What was typed survives an update of the same view.

import { blocks } from "./blocks.js";
import { h, trapTab, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { REQUIRED } from "./inputs.js";

const TROUBLE = "The app did not take this in time. Nothing was lost: try again.";
/** What of a view is seen: its state and hash change without anything to redraw. */
const face = ({ title, submit, close, blocks: list }) => JSON.stringify([title, submit, close, list]);
const plain = (object, otherwise) => (object ? withEmoji(object.text) : otherwise);

/** The inputs of one view. */
function createForm() {
  const fields = [];
  const show = (field, text) => {
    if (!field.error) return;
    field.error.hidden = !text;
    field.error.replaceChildren(...(text ? [icon("error"), h("span", { dir: "auto", lang: langOf(text) }, text)] : []));
    const target = field.control.node;
    target.toggleAttribute("data-invalid", Boolean(text));
    if (text) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
  };
  return {
    fields,
    add: (field) => fields.push(field),
    values: () => Object.fromEntries(fields.map((field) => [field.actionId, field.control.get()])),
    /** Faults this page can see itself, by block. */
    faults: () => {
      const found = {};
      for (const field of fields) {
        const missing = field.required && field.control.get() === null;
        const fault = missing ? REQUIRED : field.control.fault();
        if (fault) found[field.blockId] = fault;
      }
      return found;
    },
    /** Show errors by block id; answers those that belong to no field. */
    show: (errors) => {
      fields.forEach((field) => show(field, errors[field.blockId]));
      const first = fields.find((field) => field.error && errors[field.blockId]);
      if (first) first.control.focus();
      const known = new Set(fields.filter((field) => field.error).map((field) => field.blockId));
      return Object.entries(errors).filter(([blockId]) => !known.has(blockId)).map(([, text]) => text);
    },
    /** Carry typed values over from the form this one replaces. */
    inherit: (other) => {
      for (const old of other.fields.filter((field) => field.control.touched)) {
        const same = fields.find((field) => field.blockId === old.blockId && field.actionId === old.actionId);
        if (same) {
          same.control.set(old.control.get());
          same.control.touched = true;
        }
      }
    },
  };
}

export function createModals({ layer, shell, helper, submit, close, act, announce, focusHome }) {
  let shown = null;
  let returnTo = null;
  /** The last form drawn of every view on the stack. */
  let forms = new Map();

  const texts = () => shown.form.fields.filter((field) => field.control.isText);

  function drawCard(modal, depth, ctx, form) {
    const { view } = modal;
    const [titleId, formId] = [uid("title"), uid("form")];
    const title = plain(view.title, "Form");
    const note = h("div", { class: "modal-note", role: "alert" });
    const leave = () => close(modal.id);
    const hasInputs = view.blocks.some((block) => block.type === "input");
    const closeText = plain(view.close, hasInputs ? "Cancel" : "Close");
    const submitText = view.submit || hasInputs ? plain(view.submit, "Submit") : null;
    const send = submitText && h("button", { type: "submit", form: formId, class: "btn btn-primary btn-large", testid: "modal-submit" },
      h("span", { class: "btn-text" }, submitText));
    const body = h("form", { id: formId, class: "modal-body", novalidate: true, autocomplete: "off", tabindex: "-1" },
      blocks(view.blocks, { ...ctx, surface: "modal", form, act: (how) => act({ ...how, viewId: modal.id, values: form.values() }) }));
    body.addEventListener("submit", (event) => { event.preventDefault(); deliver(modal, form, send, note); });
    const card = h("div", {
      class: "modal", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, testid: "modal",
      data: { view: modal.id, callback: view.callback_id || "" },
      on: { keydown: (event) => {
        if (event.key === "Escape") { event.preventDefault(); leave(); }
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send) { event.preventDefault(); body.requestSubmit(); }
      } },
    },
    h("header", { class: "modal-head" },
      depth > 1 && h("button", { type: "button", class: "icon-btn", "aria-label": "Back", testid: "modal-back", on: { click: leave } }, icon("back")),
      h("h1", { id: titleId, dir: "auto", lang: langOf(title) }, title),
      h("button", { type: "button", class: "icon-btn", "aria-label": "Close form", testid: "modal-close", on: { click: leave } }, icon("close"))),
    body,
    h("footer", { class: "modal-foot" }, note,
      h("div", { class: "modal-buttons" },
        h("button", { type: "button", class: "btn btn-plain btn-large", testid: "modal-cancel", on: { click: leave } },
          h("span", { class: "btn-text" }, closeText)), send)));
    return { card, note };
  }

  async function deliver(modal, form, send, note) {
    if (send && send.getAttribute("aria-busy") === "true") return;
    note.textContent = "";
    const own = form.faults();
    if (Object.keys(own).length) return refuse(form, own, note);
    form.show({});
    if (send) send.setAttribute("aria-busy", "true");
    try {
      const answer = await submit(modal.id, form.values());
      // The same view may have been drawn anew meanwhile.
      if (shown?.id !== modal.id) return undefined;
      if (answer.errors) refuse(shown.form, answer.errors, shown.note);
      else if (answer.ok === false) shown.note.textContent = TROUBLE;
    } catch (error) {
      note.textContent = error.message;
    } finally {
      if (send) send.removeAttribute("aria-busy");
    }
    return undefined;
  }

  function refuse(form, errors, note) {
    const homeless = form.show(errors);
    note.textContent = homeless.join(" ");
    announce(Object.values(errors).join(" "));
  }

  function firstFocus(form, card, view) {
    const wanted = view.blocks.find((block) => block.element && block.element.focus_on_load);
    const field = form.fields.find((one) => wanted && one.blockId === wanted.block_id) || form.fields.find((one) => one.error);
    if (field) field.control.focus();
    else (card.querySelector(".modal-body button, .modal-body a, [data-testid=modal-submit], [data-testid=modal-cancel]") || card).focus();
  }

  function open(modal, depth, ctx) {
    const form = createForm();
    const { card, note } = drawCard(modal, depth, ctx, form);
    const updated = shown && shown.id === modal.id;
    const focused = updated && document.activeElement;
    const focusedId = focused && shown.frame.contains(focused) && (focused.dataset.testid || focused.closest("[data-testid]")?.dataset.testid);
    const scrolled = updated ? shown.frame.querySelector(".modal-body").scrollTop : 0;
    if (forms.has(modal.id)) form.inherit(forms.get(modal.id));
    forms.set(modal.id, form);
    if (!shown) returnTo = document.activeElement;
    const pastes = form.fields.some((field) => field.control.isText);
    helper.inForm(pastes);
    const frame = h("div", { class: `modal-frame ${shown ? "" : "enters"}`.trim(), on: { keydown: (event) => trapTab(event, frame) } },
      card, pastes && helper.node);
    layer.replaceChildren(frame);
    layer.hidden = false;
    shell.inert = true;
    shown = { id: modal.id, print: face(modal.view), form, frame, note, lastText: null };
    frame.addEventListener("focusin", (event) => {
      const field = texts().find((one) => one.control.node === event.target);
      if (field) shown.lastText = field;
    });
    const again = focusedId && frame.querySelector(`[data-testid="${CSS.escape(focusedId)}"]`);
    if (again) again.focus();
    else firstFocus(form, card, modal.view);
    frame.querySelector(".modal-body").scrollTop = scrolled;
  }

  function end() {
    if (!shown) return;
    shown = null;
    layer.replaceChildren();
    layer.hidden = true;
    shell.inert = false;
    helper.inForm(false);
    if (returnTo && returnTo.isConnected && returnTo !== document.body) returnTo.focus();
    else focusHome();
    returnTo = null;
  }

  return {
    get isOpen() { return shown !== null; },
    /** Show the top of the server's stack. */
    sync(stack, ctx) {
      forms = new Map(stack.filter((one) => forms.has(one.id)).map((one) => [one.id, forms.get(one.id)]));
      if (stack.length === 0) return end();
      const top = stack[stack.length - 1];
      if (shown && shown.id === top.id && shown.print === face(top.view)) return undefined;
      return open(top, stack.length, ctx);
    },
    /** Put a value into the field its label names, else the last used text field, else the first empty one. */
    paste(value, label) {
      if (!shown) return false;
      const words = label.toLowerCase().match(/\p{L}+/gu) || [];
      const named = texts().find((field) => words.includes(field.actionId.toLowerCase()));
      const field = named || shown.lastText || texts().find((one) => one.control.get() === null) || texts()[0];
      if (!field) return false;
      field.control.set(value);
      field.control.touched = true;
      field.control.node.dispatchEvent(new Event("input", { bubbles: true }));
      field.control.focus();
      return true;
    },
  };
}
