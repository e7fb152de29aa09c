// One drawing per kind of block.

import { h, uid } from "./dom.js";
import { langOf } from "./format.js";
import { icon } from "./icons.js";
import { chart } from "./charts.js";
import { element, image } from "./elements.js";
import { control } from "./inputs.js";
import { markdown } from "./markdown.js";
import { textNode } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";

function section(block, ctx) {
  const fields = block.fields && h("div", { class: "fields" }, block.fields.map((field) => textNode(field, ctx, "div", { class: "field" })));
  const accessory = block.accessory && h("div", { class: "accessory" }, element(block.accessory, block.block_id, ctx));
  return h("div", { class: "section" }, h("div", { class: "section-body" }, block.text && textNode(block.text, ctx), fields), accessory);
}

function context(block, ctx) {
  return h("div", { class: "context" }, (block.elements || []).map((one) =>
    (one.type === "image" ? image(one) : textNode(one, ctx, "span"))));
}

function actions(block, ctx) {
  return h("div", { class: "actions" }, (block.elements || []).map((one) => element(one, block.block_id, ctx)));
}

function imageBlock(block, ctx) {
  return h("figure", { class: "image-block" },
    block.title && textNode(block.title, ctx, "figcaption"), image(block));
}

const GROUPS = /^(checkboxes|radio_buttons)$/;

/** Does a change of this input act at once? Text does on Enter unless the block says otherwise. */
function dispatches(block, why) {
  if (!block.dispatch_action) return false;
  const wanted = block.element.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"];
  if (why === "typed") return wanted.includes("on_character_entered");
  return why === "chosen" || wanted.includes("on_enter_pressed");
}

function input(block, ctx) {
  const [labelId, hintId, errorId, fieldId] = ["label", "hint", "error", "field"].map(uid);
  const spec = block.element;
  const describedby = [block.hint && hintId, errorId].filter(Boolean).join(" ");
  const names = { id: fieldId, labelledby: labelId, describedby, required: !block.optional, clearable: block.optional };
  const made = control(spec, ctx, names, (why, own) => {
    if (!dispatches(block, why)) return false;
    ctx.act({ blockId: block.block_id, element: spec, node: own.node, selected: own.get() });
    return true;
  });
  const error = h("div", { class: "field-error", id: errorId, testid: `error-${block.block_id}`, hidden: true });
  if (!made) return unknown({ type: spec.type });
  ctx.form?.add({ blockId: block.block_id, actionId: spec.action_id, control: made, required: !block.optional, error });
  const heading = [textNode(block.label, ctx, "span"), block.optional && h("span", { class: "optional" }, " (optional)")];
  return h("div", { class: "input-block" },
    h(GROUPS.test(spec.type) ? "div" : "label", { class: "label", id: labelId, for: GROUPS.test(spec.type) ? null : fieldId }, heading),
    made.node, error, block.hint && textNode(block.hint, ctx, "div", { class: "hint", id: hintId }));
}

const LEVELS = { info: "info", warning: "warning", error: "error", success: "success" };

function alert(block, ctx) {
  const level = LEVELS[block.level] || "default";
  const spokenLevel = level === "default" ? null : h("span", { class: "sr-only" }, `${level}: `);
  return h("div", { class: `alert alert-${level}`, role: "note" }, icon(level === "default" ? "info" : level), spokenLevel, textNode(block.text, ctx));
}

function container(block, ctx) {
  return h("div", { class: "container-block" }, block.title && textNode(block.title, ctx, "div", { class: "container-title" }),
    (block.blocks || block.elements || []).map((one) => draw(one, ctx)));
}

const unknown = (block) => h("div", { class: "unknown" }, `“${block.type}” is not drawn by this demo`);

const DRAW = {
  header: (block, ctx) => textNode(block.text, ctx, ctx.surface === "message" ? "h3" : "h2", { class: "header" }),
  section, context, actions, input, alert, table, container,
  divider: () => h("hr"),
  image: imageBlock,
  rich_text: richText,
  data_table: dataTable,
  data_visualization: (block) => chart(block),
  markdown: (block) => h("div", { class: "markdown", lang: langOf(block.text || "") }, markdown(block.text)),
  context_actions: actions,
};

function draw(block, ctx) {
  const kind = DRAW[block.type];
  return h("div", { class: `block block-${block.type}`, data: { block: block.block_id || "" } }, kind ? kind(block, ctx) : unknown(block));
}

/** A list of blocks. ctx: people, channels, me, botName, surface, act(...), form? */
export const blocks = (list, ctx) => h("div", { class: "blocks" }, (list || []).map((block) => draw(block, ctx)));
