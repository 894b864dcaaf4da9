// <time datetime data-when="ago|age|least|near|clock|day|full">: said in the reader's zone, and kept fresh.
// The words are those of the `when` tag (portal/common/templatetags/parts.py), so that nothing flips on load.
import { now as serverNow } from "./clock.js";

const zone = document.documentElement.dataset.zone || undefined;
const MINUTE = 60, HOUR = 3600, DAY = 86400;

const format = new Intl.DateTimeFormat("en-US", {
  timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "numeric", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

const partsOf = (at) => {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const hour = Number(parts.hour) % 24;
  return {
    ...parts,
    date: `${parts.day} ${parts.month}`,
    clock: `${hour % 12 || 12}:${parts.minute} ${hour < 12 ? "am" : "pm"}`,
    // Days are compared by the calendar of the reader's zone, not by 24 hours.
    ordinal: Date.UTC(parts.year, "JanFebMarAprMayJunJulAugSepOctNovDec".indexOf(parts.month) / 3, parts.day) / 864e5,
  };
};

export const duration = (seconds) => {
  if (seconds < HOUR) return `${Math.max(Math.floor(seconds / MINUTE), 0)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  const days = Math.floor(seconds / DAY);
  if (days < 100) return `${days} d`;
  return days < 730 ? `${Math.floor(days / 30)} mo` : `${Math.floor(days / 365)} y`;
};

const ago = (seconds) => {
  if (Math.abs(seconds) < MINUTE) return "just now";
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
};

const dated = (p, now) => (p.year === now.year ? p.date : `${p.date} ${p.year}`);
const full = (p) => `${p.weekday} ${p.date} ${p.year}, ${p.clock} ${p.timeZoneName}`;

const near = (p, now) => {
  if (p.ordinal === now.ordinal) return p.clock;
  return Math.abs(p.ordinal - now.ordinal) < 7 ? `${p.weekday} ${p.clock}` : dated(p, now);
};

const words = {
  ago: (at, now) => ago((now - at) / 1000),
  age: (at, now) => duration((now - at) / 1000),
  least: (at, now) => `at least ${duration((now - at) / 1000)}`,
  near: (at, now) => near(partsOf(at), partsOf(now)),
  clock: (at) => partsOf(at).clock,
  day: (at, now) => { const p = partsOf(at); return `${p.weekday} ${dated(p, partsOf(now))}`; },
  full: (at) => full(partsOf(at)),
};
/** The time of day in somebody else's zone; the words are those of the `clock_of` tag. */
const sayClock = (there, now) => {
  try {
    there.textContent = new Intl.DateTimeFormat("en-US", {
      timeZone: there.dataset.clockZone, hour: "numeric", minute: "2-digit",
    }).format(now).replace(/\s/g, " ").toLowerCase();
  } catch { /* a zone that this browser does not know: what the server said stays */ }
};

// A title in full costs a formatter's run; most times are never hovered, so it waits for the pointer.
const unmoving = new Set(["clock", "full"]);

export const freshen = (root = document) => {
  const now = new Date(serverNow());
  for (const time of root.querySelectorAll("time[data-when]")) {
    if (time.dataset.said && unmoving.has(time.dataset.when)) continue;
    const at = new Date(time.dateTime);
    const said = words[time.dataset.when]?.(at, now);
    if (said && time.textContent !== said) time.textContent = said;
    time.dataset.said = "";
  }
  for (const there of root.querySelectorAll("[data-clock-zone]")) sayClock(there, now);
};

addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[data-when]");
  if (time && !time.dataset.titled) {
    const { also } = time.dataset;
    time.title = full(partsOf(new Date(time.dateTime))) + (also ? ` (${also})` : "");
    time.dataset.titled = "";
  }
});

freshen();
const tick = () => {
  if (!document.hidden) freshen();
  setTimeout(tick, 60_000 - (serverNow() % 60_000));
};
setTimeout(tick, 60_000 - (serverNow() % 60_000));
addEventListener("visibilitychange", () => document.hidden || freshen());
addEventListener("htmx:afterSwap", (event) => freshen(event.detail.target?.isConnected ? event.detail.target : document));
addEventListener("htmx:oobAfterSwap", () => freshen());
