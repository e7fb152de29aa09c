// Starts the page and joins its parts: what the server says flows in through refresh(), what the person does goes out by post().

import * as api from "./api.js";
import { createComposer } from "./composer.js";
import { ask } from "./confirm.js";
import { h } from "./dom.js";
import { icon, botMark } from "./icons.js";
import { createMessageList } from "./messages.js";
import { createModals } from "./modal.js";
import { createPanel } from "./panels.js";
import { drawHead, drawHome, intro } from "./place.js";
import { drawSidebar } from "./sidebar.js";
import { createToasts } from "./toast.js";
import { createTools } from "./tools.js";

const $ = (id) => document.getElementById(id);
const WAIT_BEFORE_HINT = 400;
const WAIT_BEFORE_BANNER = 900;

const { toast, announce } = createToasts($("toasts"), $("live"));
const state = { boot: null, stamp: 0, teamId: null, meId: null, place: { channel: null, tab: null }, view: null };
const drawn = {};
let asked = 0;
let stopListening = () => {};

const team = () => state.boot.workspaces.find((one) => one.id === state.teamId);
const me = () => team().people.find((one) => one.id === state.meId);
const channelById = (id) => team().channels.find((one) => one.id === id);
const isApp = () => channelById(state.place.channel)?.is_dm_of === state.meId;
const who = () => ({ team: state.teamId, as: state.meId });
const byId = (list) => new Map(list.map((one) => [one.id, one]));
const people = () => [...team().people, { id: team().bot.id, name: team().bot.name.toLowerCase(), real_name: team().bot.name, is_bot: true }];

function context() {
  return {
    people: byId(people()), channels: byId(team().channels), me: state.meId, channel: state.place.channel,
    botName: team().bot.name, stamp: state.stamp, act,
  };
}

/** Run `draw` only when `value` is not what was last drawn under this name. */
function once(name, value, draw) {
  const print = JSON.stringify(value);
  if (drawn[name] === print) return;
  drawn[name] = print;
  draw();
}

// What the person does

function told(error) {
  if (error.offline) lost();
  toast(error.message, "error");
}

async function act({ blockId, element, node, value, selected, message, viewId, values, home }) {
  if (element.confirm && !(await ask(element.confirm, context(), $("confirm"), [$("shell"), $("modals")]))) return;
  const target = message ? { message_ts: message.ts } : home ? { home: true } : { view_id: viewId, values };
  node.setAttribute("aria-busy", "true");
  try {
    const answer = await api.post("click", {
      ...who(), channel: state.place.channel, ...target, block_id: blockId, action_id: element.action_id, value: value ?? null, selected: selected ?? null,
    });
    if (answer.ok === false) toast(`This action failed with the error "${answer.error}"`, "error");
  } catch (error) {
    told(error);
  } finally {
    node.removeAttribute("aria-busy");
  }
  refresh();
}

async function send(text) {
  const hint = setTimeout(() => composer.wait(`Waiting for ${team().bot.name}…`), WAIT_BEFORE_HINT);
  try {
    const answer = await api.post("send", { ...who(), channel: state.place.channel, text });
    // What became of a slash command comes as a notice.
    if (answer.ok === false && !text.startsWith("/")) toast(`Not sent: ${answer.error}`, "error");
  } catch (error) {
    told(error);
    if (error.offline) composer.set(text);
  } finally {
    clearTimeout(hint);
    composer.wait("");
  }
  refresh();
}

async function quietly(name, body) {
  try {
    return await api.post(name, { ...who(), ...body });
  } catch (error) {
    told(error);
    return null;
  }
}

// On a touch screen focus would raise the keyboard over half the page.
const focusComposer = () => matchMedia("(pointer: coarse)").matches || composer.focus();

function go(place, { focus = true } = {}) {
  const next = { tab: null, ...place };
  const entersHome = next.tab === "home" && (state.place.tab !== "home" || state.place.channel !== next.channel);
  state.place = next;
  state.view = state.view && { ...state.view, messages: null };
  drawer.closeIfDrawer();
  paint();
  refresh();
  if (entersHome) quietly("home", {}).then(refresh);
  if (focus && next.tab !== "home") focusComposer();
}

const goTab = (tab) => go({ channel: state.place.channel, tab }, { focus: false });

function actAs(id) {
  const { tab, channel } = state.place;
  const wasApp = isApp();
  state.meId = id;
  state.view = null;
  modals.sync([], context());
  listen();
  const dm = team().channels.find((one) => one.is_dm_of === id);
  const stays = channelById(channel)?.members.includes(id) && !wasApp;
  const first = team().channels.find((one) => !one.is_dm_of && one.members.includes(id));
  const next = wasApp && dm ? { channel: dm.id, tab } : { channel: stays ? channel : (first || dm).id, tab: stays || first ? null : "messages" };
  go(next, { focus: false });
  announce(`Acting as ${me().real_name || me().name}`);
}

// What the server says

async function refresh() {
  const mine = (asked += 1);
  try {
    const view = await api.view(state.teamId, state.meId, state.place.channel);
    if (mine !== asked) return;
    state.view = view;
    paint();
    if (view.unread[state.place.channel] && state.place.tab !== "home" && document.visibilityState === "visible") {
      view.unread[state.place.channel] = 0;
      quietly("read", { channel: state.place.channel });
    }
  } catch (error) {
    if (mine !== asked) return;
    if (error.offline) lost();
    else toast(error.message, "error");
  }
}

let due = 0;
const soon = () => { clearTimeout(due); due = setTimeout(refresh, 25); };

let lostTimer = 0;
function lost() {
  if (lostTimer) return;
  lostTimer = setTimeout(() => {
    $("banner").replaceChildren(icon("warning"), "The demo server does not answer. Trying again…");
    $("banner").hidden = false;
  }, WAIT_BEFORE_BANNER);
}

async function found() {
  clearTimeout(lostTimer);
  lostTimer = 0;
  try {
    await reboot();
  } catch {
    return;
  }
  if (!$("banner").hidden) announce("The demo server is back.");
  $("banner").hidden = true;
}

function listen() {
  stopListening();
  stopListening = api.listen(state.teamId, state.meId, {
    onUp: found,
    onDown: lost,
    onNotice: ({ text }) => text && toast(text, /failed|error/i.test(text) ? "error" : "info"),
    onChanged: ({ what }) => (what === "switches" ? reboot().catch(told) : soon()),
  });
}

/** Read who and what there is, and stay where we are if that still exists, or go to a workspace. */
async function reboot(workspace = null) {
  state.boot = await api.boot();
  state.stamp += 1;
  // Not before: what is on the screen until now can still be clicked.
  if (workspace) Object.assign(state, { teamId: workspace, meId: null, place: { channel: null, tab: null }, view: null });
  const from = workspace ? [] : location.hash.slice(1).split("/").map(decodeURIComponent);
  const { workspaces } = state.boot;
  const { teamId, meId } = state;
  state.teamId = (workspaces.find((one) => one.id === (state.teamId || from[0])) || workspaces[0]).id;
  const wanted = team().people.find((one) => one.id === (state.meId || from[1]));
  state.meId = (wanted || team().people[0]).id;
  if (!channelById(state.place.channel)) {
    const mine = team().channels.filter((one) => one.is_dm_of === state.meId || (!one.is_dm_of && one.members.includes(state.meId)));
    const channel = mine.find((one) => one.id === from[2]) || mine.find((one) => !one.is_dm_of) || mine[0];
    state.place = { channel: channel.id, tab: channel.is_dm_of ? from[3] || "messages" : null };
    if (state.place.tab === "home") quietly("home", {}).then(refresh);
  }
  if (teamId !== state.teamId || meId !== state.meId) listen();
  await refresh();
}

const goWorkspace = (id) => reboot(id).catch(told);

// Drawing

function paint() {
  const { place, view } = state;
  const channel = channelById(place.channel);
  const ctx = context();
  const unread = { ...(view?.unread || {}), ...(place.tab === "home" ? {} : { [place.channel]: 0 }) };
  const app = isApp();
  const onHome = app && place.tab === "home";
  const here = { channel, place, team: team(), people: ctx.people, isApp: app };
  const path = [state.teamId, state.meId, place.channel, place.tab].filter(Boolean).map(encodeURIComponent).join("/");
  history.replaceState(null, "", `#${path}`);
  document.title = `${app ? team().bot.name : `#${channel.name}`} · Walltime demo`;
  once("sidebar", [state.stamp, path, unread], () =>
    drawSidebar({ rail: $("rail"), sidebar: $("sidebar") }, { boot: state.boot, team: team(), me: me(), place, unread }, { go, actAs, goWorkspace }));
  once("head", [state.stamp, path], () => drawHead($("place-head"), here, goTab));
  $("home").hidden = !onHome;
  $("conversation").hidden = onHome;
  tools.sync(state.boot, state.meId);
  composer.here(app ? team().bot.name : `#${channel.name}`, team().command);
  $("scroller").setAttribute("aria-label", `Messages in ${app ? team().bot.name : channel.name}`);
  // Only one of the two is ever in the page, so that a button is there once.
  if (onHome) list.clear();
  else {
    $("home").replaceChildren();
    delete drawn.home;
  }
  if (!view) return;
  if (onHome) once("home", [view.home, state.stamp, path], () => drawHome($("home"), view.home, ctx, team()));
  else if (view.messages) list.sync(view.messages, ctx, path, () => intro(here, composer.set));
  modals.sync(view.modals, ctx);
}

const list = createMessageList({ scroller: $("scroller"), list: $("messages"), intro: $("intro"), newer: $("newer"), announce });
const composer = createComposer({ box: $("composer"), onSend: send, people: () => (state.boot ? people() : []), announce });
const drawer = createPanel({ node: $("drawer"), toggle: $("menu"), scrim: $("scrim"), narrow: "(max-width: 719px)", openWhenWide: true, className: "drawer-open" });
const panel = createPanel({ node: $("tools"), toggle: $("tools-toggle"), scrim: $("scrim"), narrow: "(max-width: 1099px)", openWhenWide: true, className: "tools-open" });
const tools = createTools({
  panel: $("tools"), toast,
  paste: (value, label) => modals.paste(value, label),
  tryOut: (text) => { panel.closeIfDrawer(); if (state.place.tab === "home") goTab("messages"); composer.set(text); },
  flip: (name, on) => quietly("switch", { name, on }).then(() => reboot().catch(told)),
  close: () => { panel.set(false); $("tools-toggle").focus(); },
});
const modals = createModals({
  layer: $("modals"), shell: $("shell"), helper: tools.helper, act, announce,
  submit: async (viewId, values) => {
    const answer = await api.post("submit", { ...who(), view_id: viewId, values });
    await refresh();
    return answer;
  },
  close: async (viewId) => {
    await quietly("close", { view_id: viewId });
    await refresh();
  },
  focusHome: () => composer.focus(),
});

$("menu").append(icon("menu"));
$("tools-toggle").append(icon("sliders"), h("span", {}, "Demo tools"));
document.querySelector(".topbar-mark").append(botMark());
$("newer").prepend(icon("down"));
$("scrim").addEventListener("click", () => { drawer.closeIfDrawer(); panel.closeIfDrawer(); });
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); composer.focus(); });
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.boot && soon());

async function start() {
  try {
    await reboot();
    focusComposer();
  } catch {
    lost();
    setTimeout(start, 1500);
  }
}
start();
