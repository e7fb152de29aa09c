// The head and the beginning of the open place: a channel, or the app with its tabs.

import { avatar, botAvatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { h, hidden } from "./dom.js";
import { initials, langOf } from "./format.js";
import { icon } from "./icons.js";

const FACES = 4;

function faces(channel, people) {
  const members = channel.members.map((id) => people.get(id)).filter((one) => one && !one.is_bot);
  const names = members.map((one) => one.real_name || one.name).join(", ");
  return h("div", { class: "faces", title: names },
    members.slice(0, FACES).map((one) => avatar(one.id, initials(one.real_name || one.name).slice(0, 1), "avatar-face")),
    h("span", { class: "faces-count" }, String(members.length), hidden(` people: ${names}`)));
}

/** Tabs move with the arrow keys; only the chosen one is a Tab stop. */
function tabs(chosen, goTab) {
  const tab = (name, text, testid, panel) => h("button", {
    type: "button", role: "tab", class: "tab", id: `tab-${name}`, testid, "aria-selected": String(chosen === name), "aria-controls": panel,
    tabindex: chosen === name ? "0" : "-1",
    on: {
      click: () => goTab(name),
      keydown: (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        goTab(name === "home" ? "messages" : "home");
        document.getElementById(name === "home" ? "tab-messages" : "tab-home").focus();
      },
    },
  }, text);
  return h("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the app" },
    tab("home", "Home", "home-tab", "home"), tab("messages", "Messages", "messages-tab", "conversation"));
}

export function drawHead(node, { channel, place, team, people, isApp }, goTab) {
  const held = node.contains(document.activeElement) && document.activeElement.id;
  node.classList.toggle("is-app", isApp);
  if (isApp) {
    node.replaceChildren(h("div", { class: "place-title" }, botAvatar("avatar-small"), h("h2", {}, team.bot.name), h("span", { class: "badge-app" }, "APP")),
      tabs(place.tab, goTab));
  } else {
    node.replaceChildren(
      h("div", { class: "place-title" }, icon(channel.is_private ? "lock" : "hash"),
        h("h2", { dir: "auto", lang: langOf(channel.name) }, channel.name)),
      faces(channel, people));
  }
  if (held) document.getElementById(held)?.focus();
}

/** What stands above a channel's first message. */
export function intro({ channel, team, isApp }, tryOut) {
  const start = h("button", { type: "button", class: "try", on: { click: () => tryOut(team.command) } }, team.command);
  if (isApp) {
    return h("div", { class: "intro-text" }, botAvatar("avatar-large"), h("h3", {}, team.bot.name),
      h("p", {}, "This conversation is just between the two of you. Everything that works in channels works here: try ", start, "."));
  }
  return h("div", { class: "intro-text" }, h("span", { class: "intro-mark", "aria-hidden": "true" }, icon(channel.is_private ? "lock" : "hash")),
    h("h3", { dir: "auto" }, `#${channel.name}`), h("p", {}, `This is the very beginning of the channel. ${team.bot.name} listens to `, start, "."));
}

export function drawHome(node, view, ctx, team) {
  const content = view
    ? blocks(view.blocks, { ...ctx, surface: "home", act: (how) => ctx.act({ ...how, home: true }) })
    : h("div", { class: "home-empty" }, botAvatar("avatar-large"), h("p", {}, `${team.bot.name} has not drawn its Home yet.`));
  const focused = node.contains(document.activeElement) && document.activeElement.dataset.testid;
  const top = node.scrollTop;
  node.replaceChildren(h("div", { class: "home-page" }, content));
  node.scrollTop = top;
  if (focused) node.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}
