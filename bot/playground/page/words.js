// What the composer offers after the slash command. The bot's own `help` is the authority; these are a newcomer's first steps.

export const WORDS = [
  ["", "Your usage on each linked cluster"],
  ["history", "Core-hours per day"],
  ["history 30d", "The last 30 days"],
  ["history team", "The channel's team, stacked"],
  ["link", "Link your cluster account"],
  ["unlink", "Forget a link and its token"],
  ["limit", "Your limits and this channel's"],
  ["limit new", "Set a limit by a form"],
  ["limit 2000 per month at 50,80,100", "Set a limit by words"],
  ["alerts", "Open alerts"],
  ["alerts test", "Send a test alert through the real path"],
  ["team", "Who of this channel's team used how much"],
  ["join", "Share your usage with this channel's team"],
  ["leave", "Stop sharing it"],
  ["standup 09:30 mon-fri", "A digest of the team, every day at this time"],
  ["standup preview", "See the digest before"],
  ["status", "Links, token expiry, last reading, next poll"],
  ["lang zh", "Speak Chinese with me"],
  ["help", "All commands"],
];
