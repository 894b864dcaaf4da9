// A customer's private page: it looks again by itself, says its times in the reader's zone when asked, and prints.
// It loads nothing else of the portal.
const EVERY = 30_000; // ms
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
let mine = false;
try { mine = sessionStorage.getItem("own-zone") === "yes"; } catch { /* storage may be refused */ }

const format = new Intl.DateTimeFormat("en-US", {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", hourCycle: "h23",
});
const partsOf = (at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
const clock = ({ hour, minute }) => `${(Number(hour) % 24) % 12 || 12}:${minute} ${Number(hour) % 24 < 12 ? "am" : "pm"}`;

/** The words of incidents/rules/public.py, in the reader's zone. */
const said = (at, form) => {
  const p = partsOf(at), now = partsOf(new Date());
  const today = p.day === now.day && p.month === now.month && p.year === now.year;
  if (form === "moment" && today) return clock(p);
  return `${p.weekday} ${p.day} ${p.month}${p.year === now.year ? "" : ` ${p.year}`}, ${clock(p)}`;
};

const swap = (element, words) => {
  element.dataset.theirs ??= element.textContent;
  element.textContent = mine ? words : element.dataset.theirs;
};

const show = () => {
  for (const time of document.querySelectorAll("time[data-said]")) swap(time, said(new Date(time.dateTime), time.dataset.said));
  const name = zone ? zone.replaceAll("_", " ") : "my zone";
  document.querySelectorAll("[data-zone-word]").forEach((word, number, all) => {
    // The zone is named once for the whole list; beside each time it would only be long.
    swap(word, word.closest(".public-row") || number === all.length - 1 ? name : "");
  });
  for (const button of document.querySelectorAll("[data-own-zone]")) {
    button.dataset.ours ??= button.textContent;
    button.textContent = mine ? button.dataset.theirs : button.dataset.ours;
  }
};

const again = async () => {
  if (document.hidden) return;
  // Not `location`: after a form that was refused that is the form's address.
  const url = document.querySelector("[data-again]").dataset.again + location.search;
  const answer = await fetch(url, { headers: { "X-Again": "1" }, cache: "no-store", credentials: "omit" });
  if (answer.status === 404) { location.replace(url); return; }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const opened = [...document.querySelectorAll("#updates li:has(details[open])")].map(({ id }) => id);
  const focused = document.activeElement?.matches("[data-own-zone]");
  for (const part of document.querySelectorAll("[data-again]")) {
    const newer = fresh.getElementById(part.id);
    if (newer) part.replaceWith(newer);
  }
  for (const id of opened) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  document.title = fresh.title;
  show();
  if (focused) document.querySelector("[data-own-zone]")?.focus();
};

addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
  if (!target.closest("[data-own-zone]")) return;
  mine = !mine;
  try { sessionStorage.setItem("own-zone", mine ? "yes" : "no"); } catch { /* keeps for this page only */ }
  show();
});

show();
if (document.querySelector("[data-again]")) {
  const look = () => again().catch(() => { /* the network is away: what stands there says as of when */ });
  setInterval(look, EVERY);
  addEventListener("visibilitychange", look);
  addEventListener("online", look);
}
