// The server's JSON routes and its stream of events.

/** A request that did not get a usable answer. `offline`: no answer at all. */
class ApiError extends Error {
  constructor(message, offline) {
    super(message);
    this.offline = offline;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new ApiError("The demo server does not answer.", true);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok || body === null) {
    throw new ApiError((body && body.error) || `The demo server answered with status ${answer.status}.`, false);
  }
  return body;
}

export const boot = () => ask("/client/boot");

export const view = (team, as, channel) => ask(`/client/view?${new URLSearchParams({ team, as, channel })}`);

/** POST /client/<name>; resolves with the answer's JSON. */
export const post = (name, body) =>
  ask(`/client/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const parsed = (data) => {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
};

const FIRST_WAIT = 500;
const LONGEST_WAIT = 4000;

/**
 * Listen to a person's events until the returned function is called. Reconnects by itself:
 * the browser heals a cut stream; a refused one is opened anew here with growing waits.
 */
export function listen(team, as, { onChanged, onNotice, onUp, onDown }) {
  let source = null;
  let timer = 0;
  let wait = FIRST_WAIT;
  let ended = false;

  function open() {
    source = new EventSource(`/client/events?${new URLSearchParams({ team, as })}`);
    source.addEventListener("open", () => {
      wait = FIRST_WAIT;
      onUp();
    });
    source.addEventListener("changed", (event) => onChanged(parsed(event.data)));
    source.addEventListener("notice", (event) => onNotice(parsed(event.data)));
    source.addEventListener("error", () => {
      if (ended) return;
      onDown();
      // Chromium waits seconds before its own retry; ours is sooner and survives refusals.
      source.close();
      clearTimeout(timer);
      timer = setTimeout(open, wait);
      wait = Math.min(LONGEST_WAIT, wait * 1.6);
    });
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source.close();
  };
}
