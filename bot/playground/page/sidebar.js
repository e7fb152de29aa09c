// Workspaces, channels, the app, and who is acting.

import { avatar, botAvatar } from "./avatar.js";
import { h, hidden } from "./dom.js";
import { initials, langOf, tint } from "./format.js";
import { icon } from "./icons.js";

const badge = (count) => (count > 0 ? h("span", { class: "unread" }, String(count), hidden(" unread")) : null);

function entry({ testid, current, count, face, text, lang, go }) {
  return h("li", {}, h("button", {
    type: "button", class: `place ${count > 0 ? "has-unread" : ""}`.trim(), testid,
    "aria-current": current ? "page" : null, on: { click: go },
  }, face, h("span", { class: "place-name", dir: "auto", lang }, text), badge(count)));
}

function group(title, entries) {
  if (entries.length === 0) return null;
  return h("section", { class: "places", "aria-label": title }, h("h2", {}, title), h("ul", {}, entries));
}

/** Draws into `rail` (workspaces) and `sidebar`; `go` and `actAs` tell what was chosen. */
export function drawSidebar({ rail, sidebar }, state, { go, actAs, goWorkspace }) {
  const { team, me, place, unread } = state;
  const focused = document.activeElement && document.activeElement.dataset.testid;
  const held = sidebar.contains(document.activeElement) || rail.contains(document.activeElement);
  rail.replaceChildren(...state.boot.workspaces.map((one) => h("button", {
    type: "button", class: `workspace tint-${tint(one.id)}`, "aria-label": `Workspace ${one.name}`, title: one.name,
    testid: `workspace-${one.id}`, "aria-current": one.id === team.id ? "true" : null, on: { click: () => goWorkspace(one.id) },
  }, initials(one.name))));

  const channels = team.channels.filter((one) => !one.is_dm_of && one.members.includes(me.id));
  const dm = team.channels.find((one) => one.is_dm_of === me.id);
  const at = (id) => place.channel === id && place.tab !== "home";
  const select = h("select", {
    id: "act-as", class: "act-as-select", testid: "act-as", on: { change: () => actAs(select.value) },
  }, team.people.map((one) => h("option", { value: one.id, selected: one.id === me.id, lang: langOf(one.real_name || "") }, one.real_name || one.name)));
  select.value = me.id;

  sidebar.replaceChildren(
    h("header", { class: "sidebar-head" }, h("h1", { dir: "auto", lang: langOf(team.name) }, team.name)),
    h("div", { class: "sidebar-scroll" },
      group("Channels", channels.map((one) => entry({
        testid: `channel-${one.name}`, current: at(one.id), count: unread[one.id] || 0, text: one.name, lang: langOf(one.name),
        face: icon(one.is_private ? "lock" : "hash"), go: () => go({ channel: one.id }),
      }))),
      group("Apps", dm ? [entry({
        testid: "app", current: place.channel === dm.id, count: unread[dm.id] || 0, text: team.bot.name,
        face: botAvatar("avatar-small"), go: () => go({ channel: dm.id, tab: "messages" }),
      })] : [])),
    h("footer", { class: "acting" },
      avatar(me.id, me.real_name || me.name),
      h("div", { class: "acting-text" },
        h("label", { for: "act-as" }, "Acting as"), select,
        me.title && h("div", { class: "acting-title" }, h("bdi", { lang: langOf(me.title) }, me.title))),
      icon("down", "acting-arrow")));
  if (held && focused) sidebar.parentElement.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}
