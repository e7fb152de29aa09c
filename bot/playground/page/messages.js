// The list of messages: kept nodes for unchanged messages, day lines, replies under their root, sticking to the newest.

import { avatar, botAvatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { h, hidden } from "./dom.js";
import { extras } from "./extras.js";
import { dateOf, dayName, fullTime, langOf, sameDay, timeOfDay } from "./format.js";
import { icon } from "./icons.js";
import { spoken, textNode } from "./mrkdwn.js";

const FOLLOWS_WITHIN = 300;
const NEAR_END = 90;

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

function body(message, ctx) {
  const edited = message.edited && h("span", { class: "edited" }, " (edited)");
  const own = { ...ctx, surface: "message", act: (how) => ctx.act({ ...how, message }) };
  if (message.blocks && message.blocks.length) return [blocks(message.blocks, own), edited, extras(message, own)];
  const text = textNode({ type: "mrkdwn", text: message.text || "" }, own);
  if (edited) text.append(edited);
  return [message.text ? text : edited, extras(message, own)];
}

function heading(message, name) {
  const at = dateOf(message.ts);
  return h("div", { class: "message-head" },
    h("bdi", { class: "author", lang: langOf(name) }, name),
    message.from.is_bot && h("span", { class: "badge-app" }, "APP"),
    h("time", { class: "when", datetime: at.toISOString(), title: fullTime(at) }, timeOfDay(at)));
}

function drawMessage({ message, follows, replies, root }, ctx, folded) {
  const name = message.from.name || "Somebody";
  const at = dateOf(message.ts);
  const face = message.from.is_bot ? botAvatar() : avatar(message.user, name);
  const gutter = follows
    ? h("time", { class: "when when-follow", datetime: at.toISOString(), "aria-hidden": "true" }, timeOfDay(at).replace(/\s?[AP]M/, ""))
    : face;
  const classes = ["message", follows && "follows", message.ephemeral && "ephemeral"].filter(Boolean).join(" ");
  return h("li", { class: classes, testid: "message", data: { ts: message.ts } },
    message.ephemeral && h("div", { class: "only-you" }, icon("eye"), "Only visible to you"),
    root && h("div", { class: "broadcast" }, icon("thread"), "Also sent from a thread: ",
      h("bdi", {}, spoken(root.text, ctx).slice(0, 80))),
    h("article", { class: "message-row", "aria-label": `${name}, ${timeOfDay(at)}` },
      h("div", { class: "gutter" }, gutter),
      h("div", { class: "message-main" }, follows ? hidden(`${name}, ${timeOfDay(at)}`) : heading(message, name),
        h("div", { class: "message-body" }, body(message, ctx)),
        replies.length > 0 && thread(message, replies, ctx, folded))));
}

function thread(root, replies, ctx, folded) {
  const list = h("ol", { class: "replies", "aria-label": "Replies", hidden: folded.has(root.ts) },
    replies.map((reply) => drawMessage({ message: reply, follows: false, replies: [] }, ctx, folded)));
  const words = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  const last = dateOf(replies[replies.length - 1].ts);
  const toggle = h("button", {
    type: "button", class: "thread-toggle", testid: "thread-toggle", "aria-expanded": String(!list.hidden),
    on: { click: () => {
      list.hidden = !list.hidden;
      if (list.hidden) folded.add(root.ts);
      else folded.delete(root.ts);
      toggle.setAttribute("aria-expanded", String(!list.hidden));
    } },
  }, icon("thread"), h("b", {}, words),
  h("span", { class: "thread-last" }, `Last reply ${sameDay(last, new Date()) ? "today" : dayName(last)} at ${timeOfDay(last)}`),
  icon("down", "turns"));
  return h("div", { class: "thread" }, toggle, list);
}

/** Messages in the order of the channel: roots and broadcasts, with each root's other replies. */
function arrange(messages) {
  const known = new Map(messages.map((message) => [message.ts, message]));
  const inFlow = (message) => !isReply(message) || !known.has(message.thread_ts) || message.broadcast;
  const replies = new Map();
  for (const message of messages) {
    if (inFlow(message)) continue;
    replies.set(message.thread_ts, [...(replies.get(message.thread_ts) || []), message]);
  }
  let before = null;
  return messages.filter((message) => !message.deleted && inFlow(message)).map((message) => {
    const newDay = !before || !sameDay(dateOf(before.ts), dateOf(message.ts));
    const follows = !newDay && before.user === message.user && before.from.name === message.from.name
      && !before.ephemeral && !message.ephemeral && !replies.has(before.ts) && !isReply(message)
      && Number(message.ts) - Number(before.ts) < FOLLOWS_WITHIN;
    before = message;
    const root = isReply(message) ? known.get(message.thread_ts) : null;
    return { message, newDay, follows, root, replies: replies.get(message.ts) || [] };
  });
}

export function createMessageList({ scroller, list, intro, newer, announce }) {
  let kept = new Map();
  let place = null;
  let seen = new Set();
  let stuck = true;
  let unseen = null;
  const folded = new Set();

  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  scroller.addEventListener("scroll", () => {
    stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    if (stuck) newer.hidden = true;
  }, { passive: true });
  const sizes = new ResizeObserver(() => stuck && toEnd());
  sizes.observe(list);
  sizes.observe(scroller);
  newer.addEventListener("click", () => {
    newer.hidden = true;
    const node = unseen && list.querySelector(`[data-ts="${CSS.escape(unseen)}"]`);
    if (node) node.scrollIntoView({ block: "center" });
    else toEnd();
  });

  function dayLine(message) {
    const day = dateOf(message.ts);
    return h("li", { class: "day" }, h("span", {}, dayName(day)));
  }

  /** A drawn node is kept while nothing that it shows has changed. */
  function nodesFor(items, ctx) {
    const next = new Map();
    const keep = (key, print, make) => {
      const old = kept.get(key);
      const entry = old && old.print === print ? old : { print, node: make() };
      next.set(key, entry);
      return entry.node;
    };
    const nodes = items.flatMap((item) => {
      const { message } = item;
      const drawn = keep(message.ts, JSON.stringify([item, ctx.stamp]), () => drawMessage(item, ctx, folded));
      return item.newDay ? [keep(`day ${message.ts}`, dayName(dateOf(message.ts)), () => dayLine(message)), drawn] : [drawn];
    });
    kept = next;
    return nodes;
  }

  /** Put `nodes` into the list touching only what moved; focus stays on the same control of a redrawn message. */
  function replace(nodes) {
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    const home = focused && focused.closest("[data-ts]");
    nodes.forEach((node, at) => {
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] || null);
    });
    while (list.children.length > nodes.length) list.lastElementChild.remove();
    if (!focused || focused.isConnected || !home) return;
    const redrawn = list.querySelector(`[data-ts="${CSS.escape(home.dataset.ts)}"]`);
    const again = redrawn && focused.dataset.testid && redrawn.querySelector(`[data-testid="${CSS.escape(focused.dataset.testid)}"]`);
    if (again) again.focus();
    else if (redrawn) { redrawn.tabIndex = -1; redrawn.focus({ preventScroll: true }); }
  }

  function sync(messages, ctx, here, introNode) {
    const moved = here !== place;
    if (moved) {
      kept = new Map();
      intro.replaceChildren(introNode());
      stuck = true;
      newer.hidden = true;
    }
    const fresh = moved ? [] : messages.filter((message) => !seen.has(message.ts));
    seen = new Set(messages.map((message) => message.ts));
    place = here;
    const wasStuck = stuck;
    replace(nodesFor(arrange(messages), ctx));
    if (wasStuck || moved || fresh.some((message) => message.user === ctx.me)) {
      stuck = true;
      toEnd();
    }
    for (const message of fresh.filter((one) => one.user !== ctx.me)) {
      announce(`${message.from.name}: ${spoken(message.text, ctx)}`);
      const node = list.querySelector(`[data-ts="${CSS.escape(message.ts)}"]`);
      const box = node && node.getBoundingClientRect();
      const frame = scroller.getBoundingClientRect();
      if (box && (box.bottom < frame.top || box.top > frame.bottom)) {
        unseen = message.ts;
        newer.hidden = false;
      }
    }
  }

  function clear() {
    place = null;
    list.replaceChildren();
  }

  return { sync, clear };
}
