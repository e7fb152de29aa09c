// What the composer offers after the slash command. The bot's own `help` is the authority; these are a newcomer's first steps.

export const WORDS = [
  ["", "Your usage on each linked cluster"],
  ["link", "Link your cluster account"],
  ["unlink", "Forget a link and its token"],
  ["team", "Everybody in this channel who joined, as a table"],
  ["history 14d", "A chart of core-hours per day"],
  ["join", "Share your usage with this channel"],
  ["leave", "Stop sharing it"],
  ["limit", "The limits that concern you"],
  ["limit 2000 per month at 50,80,100", "Set a limit for yourself"],
  ["limit team 20000 per quarter", "Set a limit for the team's sum"],
  ["alerts", "Open alerts"],
  ["alerts test", "Post a test alert"],
  ["standup 09:30 mon-fri", "A digest for this channel"],
  ["standup now", "Post the digest now"],
  ["status", "Links, token expiry, last reading"],
  ["lang zh", "Answers in Chinese"],
  ["help", "All commands"],
];
