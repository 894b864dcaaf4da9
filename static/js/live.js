// One event stream for a page: <div id="board" data-live="/board/live/" data-live-id="123" data-live-events="card">.
//
// A browser opens six connections to a host at most, so all visible tabs that follow the same address share one
// stream: the tab that holds the lock reads it and passes every event on. A hidden tab gives its lock up, and asks
// when it is shown again. Events have ids that only grow; nothing is replayed. Whoever may have missed something
// fetches its fragment again.
//
//   stale        this page's element is fetched again from its own address
//   swap         HTML whose top elements replace those with the same id
//   over         the stream has lasted its time: another is opened at once, and nothing is said
//   away         the server's own source is silent: said as "reconnecting", nothing is lost
//   clock        the server's time, at the beginning of a stream (clock.js)
//   other names  dispatched on the element as live:<name> with the HTML in detail
//
// [data-live-state] gets data-state live | connecting | offline, and its .asof-word the word for it.
import { heard as timed } from "./clock.js";
import { refetch, swapIn } from "./fragments.js";

const FIRST = 500, LONGEST = 30_000, SLEPT = 15_000, ANSWER = 2_000;
const WORDS = { live: "live", connecting: "reconnecting…", offline: "offline" };

const find = () => document.querySelector("[data-live]");
const element = find();
const jitter = (ms) => Math.random() * ms;
const newer = (id, than) => id !== "" && (than === "" || Number(id) > Number(than));

let last = element?.dataset.liveId ?? "";
let state = "";
let ever = false; // it has been live before
let fetching = false;
let owed = false; // hidden before it could fetch
let held = [];

const say = (now) => {
  state = now;
  ever ||= now === "live";
  const said = now === "connecting" && !ever ? "connecting…" : WORDS[now];
  for (const stamp of document.querySelectorAll("[data-live-state]")) {
    stamp.dataset.state = now;
    const word = stamp.querySelector(".asof-word");
    if (word) word.textContent = said;
  }
};

// ---- What arrives --------------------------------------------------------------------

const take = ({ name, html, id }) => {
  if (!newer(id, last)) return;
  if (fetching) { held.push({ name, html, id }); return; }
  last = id;
  // What was swapped in may be a stamp, drawn for everybody: it does not know how this page's stream stands.
  if (name === "swap") { swapIn(html); say(state); }
  else find()?.dispatchEvent(new CustomEvent(`live:${name}`, { bubbles: true, detail: { html, id } }));
};

/** Fetches the page's fragment again. Events that come meanwhile are kept, and those it does not hold yet applied. */
export const again = async (wait = 300) => {
  if (fetching) { fetching = "again"; return; }
  fetching = true;
  await new Promise((done) => setTimeout(done, jitter(wait)));
  const old = find();
  owed = document.hidden;
  if (old && !owed) {
    old.dispatchEvent(new CustomEvent("live:stale", { bubbles: true }));
    await refetch(old);
    last = find()?.dataset.liveId ?? last;
    say(state);
  }
  const more = fetching === "again";
  fetching = false;
  const waiting = held;
  held = [];
  if (more) again();
  else waiting.forEach(take);
};

// ---- The stream, in the one tab that reads it -----------------------------------------

let source = null, retry = 0, tries = 0, unanswered = 0, release = null, asking = null;
const url = element?.dataset.live;
const names = (element?.dataset.liveEvents ?? "").split(" ").filter(Boolean);
const shared = Boolean(navigator.locks && window.BroadcastChannel);
const room = shared && element ? `live:${url}` : "";
const air = room ? new BroadcastChannel(room) : null;
const tell = (message) => air?.postMessage(message);
// Tabs of one address may care for different names; the reading tab listens to all that were ever asked for.
const wanted = new Set([...names, "swap"]);

const listen = (name) => source?.addEventListener(name, (event) => {
  const message = { name, html: event.data, id: event.lastEventId };
  tell({ event: message });
  if (names.includes(name) || name === "swap") take(message);
  else last = message.id;
});

const shut = () => {
  clearTimeout(retry);
  source?.close();
  source = null;
};

const heard = (now) => { say(now); tell({ state: now }); };

const open = ({ quietly = false } = {}) => {
  shut();
  if (!quietly) heard(tries > 2 || !navigator.onLine ? "offline" : "connecting");
  source = new EventSource(`${url}?since=${encodeURIComponent(last)}`);
  source.addEventListener("open", () => { tries = 0; heard("live"); });
  const asked = Date.now();
  source.addEventListener("clock", ({ data }) => {
    const time = [data, asked, Date.now()];
    timed(...time);
    tell({ time });
  });
  source.addEventListener("over", () => open({ quietly: true }));
  source.addEventListener("away", () => heard("connecting"));
  source.addEventListener("stale", () => { heard("live"); tell({ stale: true }); again(); });
  wanted.forEach(listen);
  // The browser's own retry knows no backoff and would ask with the address of the first time.
  source.addEventListener("error", () => {
    shut();
    tries += 1;
    heard(tries > 2 || !navigator.onLine ? "offline" : "connecting");
    const wait = Math.min(LONGEST, FIRST * 2 ** tries);
    retry = setTimeout(open, wait / 2 + jitter(wait / 2));
  });
};

// ---- Who reads it ---------------------------------------------------------------------

const lead = () => {
  if (!shared) { open(); return; }
  if (asking) return;
  const mine = new AbortController();
  asking = mine;
  navigator.locks.request(room, { signal: mine.signal }, () => {
    // The lock may already be on its way to a tab that is hidden meanwhile; kept, it would silence all the others.
    if (mine.signal.aborted) return undefined;
    open();
    return new Promise((done) => { release = done; });
  }).catch(() => { /* given up while waiting: the tab was hidden */ });
};

const leave = () => {
  shut();
  // Nobody answers a tab that is hidden; what it misses, it fetches when it is shown.
  clearTimeout(unanswered);
  asking?.abort();
  asking = null;
  release?.();
  release = null;
};

const greet = () => {
  // A following tab asks where the reader stands; if nobody answers, the lock falls to one of us, which asks the server.
  tell({ hello: last, names: [...names] });
  clearTimeout(unanswered);
  if (!state) say("connecting");
  unanswered = setTimeout(() => source || again(), ANSWER);
};

const hear = ({ data }) => {
  if (data.time) timed(...data.time);
  if (data.hello !== undefined && source) {
    for (const name of data.names) if (!wanted.has(name)) { wanted.add(name); listen(name); }
    tell({ at: last, state });
  }
  if (document.hidden || source) return;
  clearTimeout(unanswered);
  if (data.state) say(data.state);
  if (data.stale) again();
  if (data.at !== undefined && newer(data.at, last)) again();
  if (data.event && (names.includes(data.event.name) || data.event.name === "swap")) take(data.event);
  else if (data.event && !fetching) last = data.event.id;
};

const begin = () => {
  lead();
  if (shared) greet();
  if (owed) again();
};

if (element) {
  air?.addEventListener("message", hear);
  addEventListener("visibilitychange", () => (document.hidden ? leave() : begin()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted && !document.hidden) begin(); });
  addEventListener("online", () => { tries = 0; if (source || retry) open(); });
  addEventListener("offline", () => say("offline"));

  // A laptop that slept may hold a dead connection, and no event says so: the clock does.
  let beat = Date.now();
  setInterval(() => {
    const slept = Date.now() - beat > SLEPT;
    beat = Date.now();
    if (slept && source) open();
  }, SLEPT / 3);

  // A filter's answer brings a stamp that does not know how the stream stands.
  addEventListener("htmx:afterSettle", () => { if (state) say(state); });

  if (!document.hidden) begin();
  else say("connecting");
}
