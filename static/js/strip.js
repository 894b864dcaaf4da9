// The strip of open Sev1s: it turns solid when its update is overdue, and looks again when an open incident changes.
// All visible tabs of a browser share one stream, as in live.js; a page that follows the list has one already. Besides, it
// looks now and then: a stream may be dead without saying so. An incident's page has many readers: it has no stream for
// this, and looks more seldom.
import { now } from "./clock.js";
import { swapIn } from "./fragments.js";

const EVERY = 30_000, SELDOM = 90_000, SPREAD = 300;

const strip = () => document.getElementById("strip");
const turn = () => {
  const here = strip();
  if (!here || here.hidden) return;
  here.toggleAttribute("data-overdue", Boolean(here.dataset.due) && new Date(here.dataset.due) <= now());
};

let asked = Date.now(), asking = false, more = false;
const look = async () => {
  const here = strip();
  if (!here || document.hidden) return;
  if (asking) { more = true; return; }
  asking = true;
  more = false;
  asked = Date.now() + Math.random() * 2_000;
  try {
    const url = `${here.dataset.strip}?on=${encodeURIComponent(location.pathname)}`;
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10_000) });
    if (answer.ok && !answer.redirected) { swapIn(await answer.text()); follow(); }
  } catch { /* without a connection what it says stays */ }
  asking = false;
  turn();
  if (more) look();
};
const soon = () => setTimeout(look, Math.random() * SPREAD);

// ---- What it follows --------------------------------------------------------------------

const url = strip()?.dataset.stripLive;
const page = document.querySelector("[data-live]");
const told = url && [url, "/status/live/"].includes(page?.dataset.live);
const follows = url && !told && page?.id !== "incident" && Boolean(navigator.locks && window.BroadcastChannel);
const air = follows ? new BroadcastChannel("strip") : null;
let source = null, reads = false, waits = null, release = null;

function follow() {
  if (!reads || source) return;
  source = new EventSource(`${url}?since=${encodeURIComponent(strip()?.dataset.stripId ?? "")}`);
  source.addEventListener("stale", () => { soon(); air.postMessage("stale"); });
  source.addEventListener("over", () => { shut(); follow(); });
  source.addEventListener("error", shut); // the next look that is answered opens another
}
function shut() {
  source?.close();
  source = null;
}

const lead = () => {
  if (!follows || waits) return;
  const mine = waits = new AbortController();
  navigator.locks.request("strip", { signal: mine.signal }, () => {
    if (mine.signal.aborted) return undefined;
    reads = true;
    follow();
    return new Promise((done) => { release = done; });
  }).catch(() => { /* hidden while it waited */ });
};
const leave = () => {
  reads = false;
  shut();
  waits?.abort();
  waits = null;
  release?.();
  release = null;
};

air?.addEventListener("message", soon);
if (told) document.addEventListener("live:stale", look);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => { if (event.persisted && !document.hidden) { lead(); look(); } });
// A hidden tab hears nothing: what it missed, it asks for when it is shown.
addEventListener("visibilitychange", () => { if (document.hidden) leave(); else { lead(); look(); } });
if (!document.hidden) lead();

const every = page?.id === "incident" ? SELDOM : EVERY;
setInterval(() => { turn(); if (Date.now() - asked >= every) look(); }, 1000);
