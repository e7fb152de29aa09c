// Times, names and languages as people read them.

export const dateOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const withYear = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric", year: "numeric" });

export const timeOfDay = (date) => clock.format(date);
export const fullTime = (date) => full.format(date);

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** Whole days from today to `date`; yesterday is -1. */
const daysFromToday = (date) => Math.round((midnight(date) - midnight(new Date())) / 86_400_000);

export const sameDay = (one, other) => midnight(one).getTime() === midnight(other).getTime();

export function dayName(date) {
  const near = { 0: "Today", "-1": "Yesterday", 1: "Tomorrow" }[daysFromToday(date)];
  if (near) return near;
  return date.getFullYear() === new Date().getFullYear() ? weekday.format(date) : withYear.format(date);
}

const DATE_TOKENS = {
  date_num: (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0")).join("-"),
  date: (date) => new Intl.DateTimeFormat("en", { dateStyle: "long" }).format(date),
  date_short: (date) => new Intl.DateTimeFormat("en", { dateStyle: "medium" }).format(date),
  date_long: (date) => new Intl.DateTimeFormat("en", { dateStyle: "full" }).format(date),
  time: (date) => clock.format(date),
  time_secs: (date) => new Intl.DateTimeFormat("en", { timeStyle: "medium" }).format(date),
  ago: (date) => ago(date),
};

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const steps = [[60, "second", 1], [3600, "minute", 60], [86_400, "hour", 3600], [Infinity, "day", 86_400]];
  const [, unit, size] = steps.find(([below]) => Math.abs(seconds) < below);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** Slack's date format string, such as "{date_short_pretty} at {time}", for one moment. */
export function slackDate(seconds, format) {
  const date = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (token, name) => {
    const plain = name.replace(/_pretty$/, "");
    const near = { 0: "today", "-1": "yesterday", 1: "tomorrow" }[daysFromToday(date)];
    if (plain !== name && near) return near;
    return DATE_TOKENS[plain] ? DATE_TOKENS[plain](date) : token;
  });
}

/** One or two letters for an avatar; the first sign of a name that is not written in letters with spaces. */
export function initials(name) {
  const words = String(name || "?").replace(/[^\p{L}\p{N}\s]/gu, " ").trim().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return "?";
  const first = (word) => [...word][0].toLocaleUpperCase("en");
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(words[0])) return first(words[0]);
  return words.length === 1 ? first(words[0]) : first(words[0]) + first(words[words.length - 1]);
}

/** A stable number 0..7 for an id: which tint its avatar has. */
export function tint(id) {
  let sum = 7;
  for (const sign of String(id)) sum = (sum * 31 + sign.codePointAt(0)) % 65_521;
  return sum % 8;
}

const count = (text, pattern) => (text.match(pattern) || []).length;

/** The language of a text that is plainly not English, by its script; null leaves the page's. */
export function langOf(text) {
  const latin = count(text, /\p{Script=Latin}/gu);
  const scripts = [
    ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 3],
    ["ko", /\p{Script=Hangul}/gu, 3],
    ["zh-Hans", /\p{Script=Han}/gu, 3],
    ["ar", /\p{Script=Arabic}/gu, 1],
    ["he", /\p{Script=Hebrew}/gu, 1],
    ["ru", /\p{Script=Cyrillic}/gu, 1],
  ];
  const found = scripts.find(([, pattern, weight]) => {
    const letters = count(text, pattern);
    return letters > 0 && letters * weight >= latin;
  });
  return found ? found[0] : null;
}

export const number = (value) => new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value);
