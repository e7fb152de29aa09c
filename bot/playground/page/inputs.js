// Input elements. Each control answers: node, focus(), get(), set(value), fault(required), and tells `changed`.
// Values are plain: text, an option's value, an id, a list of these, a date, or null when nothing was chosen.

import { h, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { textNode } from "./mrkdwn.js";

export const REQUIRED = "Please complete this required field.";
const label = (object) => withEmoji((object && object.text) || "");
const personName = (person) => person.real_name || person.name;

/** What a select of this type offers: [{value, text, group?, description?}]. */
function choices(element, ctx) {
  const kind = element.type.replace(/^multi_/, "");
  if (kind === "users_select") return [...ctx.people.values()].map((person) => ({ value: person.id, text: personName(person) }));
  if (kind === "conversations_select" || kind === "channels_select") {
    const include = (element.filter && element.filter.include) || ["public", "private", "im"];
    const wanted = kind === "channels_select" ? ["public"] : include;
    const kindOf = (channel) => (channel.is_dm_of ? "im" : channel.is_private ? "private" : "public");
    return [...ctx.channels.values()]
      .filter((channel) => wanted.includes(kindOf(channel)) && channel.members.includes(ctx.me))
      .map((channel) => ({ value: channel.id, text: channel.is_dm_of ? ctx.botName : `#${channel.name}` }));
  }
  const plain = (group) => (option) => ({
    value: option.value, text: label(option.text), group, object: option.text, description: option.description,
  });
  if (element.option_groups) return element.option_groups.flatMap((group) => group.options.map(plain(label(group.label))));
  return (element.options || []).map(plain(null));
}

function initial(element, ctx) {
  const kind = element.type;
  if (kind.startsWith("multi_") || kind === "checkboxes") {
    return (element.initial_options || []).map((option) => option.value)
      .concat(element.initial_users || [], element.initial_conversations || [], element.initial_channels || []);
  }
  if (element.initial_option) return element.initial_option.value;
  if (element.default_to_current_conversation && !element.initial_conversation) return ctx.channel || null;
  return element.initial_value ?? element.initial_user ?? element.initial_conversation ?? element.initial_channel
    ?? element.initial_date ?? element.initial_time ?? element.initial_date_time ?? null;
}

const common = (element, names) => ({
  id: names.id, testid: `field-${element.action_id}`, "aria-labelledby": names.labelledby, "aria-label": names.label,
  "aria-describedby": names.describedby, "aria-required": names.required ? "true" : null,
});

const FORMATS = {
  email_text_input: [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "Please enter an email address."],
  url_text_input: [/^https?:\/\/\S+$/i, "Please enter a URL that begins with http:// or https://."],
};

function numberFault(element, text) {
  if (!/^[-+]?\d+(\.\d+)?$/.test(text)) return "Please enter a number.";
  if (!element.is_decimal_allowed && text.includes(".")) return "Please enter a whole number.";
  if (element.min_value !== undefined && Number(text) < Number(element.min_value)) return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && Number(text) > Number(element.max_value)) return `Please enter ${element.max_value} or less.`;
  return null;
}

function textFault(element, text) {
  if (element.type === "number_input") return numberFault(element, text);
  const format = FORMATS[element.type];
  if (format && !format[0].test(text)) return format[1];
  if (element.min_length && text.length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
  return null;
}

function textControl(element, ctx, names, changed) {
  const long = element.multiline || element.type === "rich_text_input";
  const modes = { number_input: "decimal", email_text_input: "email", url_text_input: "url" };
  const input = h(long ? "textarea" : "input", {
    ...common(element, names), class: "input", autocomplete: "off", spellcheck: "false", dir: "auto",
    type: long ? null : "text", rows: long ? "4" : null, inputmode: modes[element.type],
    placeholder: label(element.placeholder), maxlength: element.max_length,
    on: { input: () => changed("typed"), keydown: (event) => {
      if (event.key === "Enter" && !event.isComposing && changed("enter")) event.preventDefault();
    } },
  });
  const get = () => (input.value.trim() === "" ? null : input.value);
  return {
    node: input, get, set: (value) => { input.value = value ?? ""; }, focus: () => input.focus(),
    isText: true, fault: () => (get() === null ? null : textFault(element, input.value.trim())),
  };
}

const DATE_TYPES = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };
const two = (value) => String(value).padStart(2, "0");

function localMoment(seconds) {
  const at = new Date(seconds * 1000);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

function dateControl(element, ctx, names, changed) {
  const moment = element.type === "datetimepicker";
  const input = h("input", {
    ...common(element, names), class: "input input-date", type: DATE_TYPES[element.type], on: { change: () => changed("chosen") },
  });
  return {
    node: input, focus: () => input.focus(), fault: () => null,
    get: () => (input.value === "" ? null : moment ? Math.floor(new Date(input.value) / 1000) : input.value),
    set: (value) => { input.value = value === null || value === undefined ? "" : moment ? localMoment(value) : value; },
  };
}

function selectControl(element, ctx, names, changed) {
  const offered = choices(element, ctx);
  const option = ({ value, text }) => h("option", { value, lang: langOf(text) }, text);
  const groups = [...new Set(offered.map((one) => one.group))];
  const placeholder = h("option", { value: "", class: "placeholder", disabled: !names.clearable },
    label(element.placeholder) || "Select an option");
  const select = h("select", {
    ...common(element, names), class: "input select",
    on: {
      change: () => changed("chosen"),
      // Arrow keys on a closed list open it; otherwise each step would already be a choice.
      keydown: (event) => {
        if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.altKey || !select.showPicker) return;
        event.preventDefault();
        select.showPicker();
      },
    },
  }, placeholder, groups.map((group) => {
    const members = offered.filter((one) => one.group === group).map(option);
    return group === null || group === undefined ? members : h("optgroup", { label: group }, members);
  }));
  const paint = () => select.classList.toggle("is-empty", select.value === "");
  select.addEventListener("change", paint);
  return {
    node: select, focus: () => select.focus(), fault: () => null, get: () => select.value || null,
    set: (value) => { select.value = value ?? ""; if (select.selectedIndex < 0) select.value = ""; paint(); },
  };
}

/** Check boxes or radio buttons, drawn one under the other. */
function choiceList(element, ctx, names, changed, offered, type) {
  const group = uid("choice");
  const inputs = offered.map((one) => h("input", {
    type, name: group, id: uid("option"), value: one.value, "aria-describedby": one.description ? uid("about") : null,
    on: { change: () => changed("chosen") },
  }));
  const rows = offered.map((one, at) => h("div", { class: "choice" }, inputs[at],
    h("label", { for: inputs[at].id },
      one.object ? textNode(one.object, ctx, "span") : h("span", { dir: "auto", lang: langOf(one.text) }, one.text),
      one.description && textNode(one.description, ctx, "span",
        { class: "choice-about", id: inputs[at].getAttribute("aria-describedby") }))));
  return { inputs, rows };
}

function listControl(element, ctx, names, changed) {
  const single = element.type === "radio_buttons";
  const { inputs, rows } = choiceList(element, ctx, names, changed, choices(element, ctx), single ? "radio" : "checkbox");
  const node = h("div", {
    ...common(element, names), class: "choices", role: single ? "radiogroup" : "group", "aria-required": single && names.required ? "true" : null,
  }, rows);
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    node, fault: () => null, focus: () => (inputs.find((input) => input.checked) || inputs[0] || node).focus(),
    get: () => (single ? chosen()[0] ?? null : chosen().length ? chosen() : null),
    set: (value) => {
      const wanted = Array.isArray(value) ? value : [value];
      inputs.forEach((input) => { input.checked = wanted.includes(input.value); });
    },
  };
}

function multiControl(element, ctx, names, changed) {
  const offered = choices(element, ctx);
  const summary = h("span", { class: "multi-summary" });
  const listId = uid("list");
  const max = element.max_selected_items || Infinity;
  const { inputs, rows } = choiceList(element, ctx, names, () => { paint(); changed("chosen"); }, offered, "checkbox");
  const list = h("div", { class: "multi-list", id: listId, hidden: true, role: "group", "aria-labelledby": names.labelledby, "aria-label": names.label }, rows);
  const button = h("button", {
    type: "button", class: "input select-like", id: names.id, "aria-expanded": "false", "aria-controls": listId,
    "aria-describedby": names.describedby, on: { click: () => toggle(list.hidden) },
  }, summary, icon("down"));
  const node = h("div", {
    class: "multi", testid: `field-${element.action_id}`,
    on: { keydown: (event) => {
      if (event.key !== "Escape" || list.hidden) return;
      event.stopPropagation();
      toggle(false);
      button.focus();
    } },
  }, button, list);
  function toggle(open) {
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open && inputs[0]) inputs[0].focus();
  }
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  function paint() {
    const texts = offered.filter((_, at) => inputs[at].checked).map((one) => one.text);
    summary.replaceChildren(...(texts.length ? texts.map((text) => h("span", { class: "chip", lang: langOf(text) }, text))
      : [label(element.placeholder) || "Select options"]));
    summary.classList.toggle("is-empty", texts.length === 0);
    inputs.forEach((input) => { input.disabled = !input.checked && texts.length >= max; });
  }
  paint();
  return {
    node, focus: () => button.focus(), fault: () => null, get: () => (chosen().length ? chosen() : null),
    set: (value) => { inputs.forEach((input) => { input.checked = (value || []).includes(input.value); }); paint(); },
  };
}

const MAKERS = [
  [/^(plain_text|email_text|url_text|number|rich_text)_input$|^number_input$/, textControl],
  [/^(date|time|datetime)picker$/, dateControl],
  [/^multi_\w+_select$/, multiControl],
  [/^\w+_select$/, selectControl],
  [/^(checkboxes|radio_buttons)$/, listControl],
];

/** Make the control of an input element; null if this page does not know it. `names`: id, labelledby|label, describedby, required, clearable. */
export function control(element, ctx, names, changed = () => false) {
  const maker = MAKERS.find(([pattern]) => pattern.test(element.type));
  if (!maker) return null;
  const made = maker[1](element, ctx, names, (why) => { made.touched = true; return changed(why, made); });
  made.set(initial(element, ctx));
  made.touched = false;
  return made;
}
