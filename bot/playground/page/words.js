// What the composer offers after the slash command. The bot's own `help` is the authority; these are a newcomer's first steps.

export const WORDS = [
  ["", "Your usage on each linked cluster"],
  ["link", "Link your cluster account"],
  ["unlink", "Forget a link and its token"],
  ["status", "Links, token expiry, last reading"],
  ["help", "All commands"],
];
