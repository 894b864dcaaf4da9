// The board's own: cards that come by the stream, and the columns that a phone shows one at a time.
import { again } from "./live.js";
import { keeping } from "./fragments.js";
import { freshen } from "./times.js";

const BURST = 1500, LINES = 8;
export const board = () => document.getElementById("board");
export const list = (slug) => document.querySelector(`[data-column-cards="${CSS.escape(slug)}"]`);

// ---- Saying what changed ---------------------------------------------------------------

let lines = [], saying = 0;

// One change is read out as it is; a burst is counted, or a screen reader would not come to an end.
export const announce = (line) => {
  lines.push(line);
  clearTimeout(saying);
  saying = setTimeout(() => {
    const region = document.getElementById("said");
    if (region) region.textContent = lines.length > 3 ? `${lines.length} tickets changed.` : lines.join(" ");
    lines = [];
  }, BURST);
};

const noted = (line, at) => {
  const strip = document.querySelector("[data-changed]");
  if (!strip) return;
  const newest = strip.querySelector("[data-changed-newest]");
  const older = strip.querySelector("[data-changed-list]");
  const time = document.createElement("time");
  Object.assign(time, { dateTime: at });
  time.dataset.when = "near";
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.textContent = line;
  item.append(time, words);
  freshen(item);
  newest.textContent = line;
  strip.removeAttribute("data-none");
  older.prepend(item);
  while (older.children.length > LINES) older.lastElementChild.remove();
};

// ---- A card that changed ---------------------------------------------------------------

const order = (card) => Number(card.dataset.order);

const put = (card, cards) => {
  const rest = cards.querySelector("[data-more]");
  const next = [...cards.querySelectorAll(":scope > .card")].find((other) => order(other) > order(card));
  // Past the last one shown of a longer column it is counted, and comes with "show more".
  if (!next && rest) return false;
  cards.insertBefore(card, next ?? null);
  return true;
};

const count = (counts) => {
  for (const [slug, number] of Object.entries(counts)) {
    for (const place of document.querySelectorAll(`[data-count="${CSS.escape(slug)}"]`)) place.textContent = number;
    const empty = document.querySelector(`[data-column-empty="${CSS.escape(slug)}"]`);
    if (empty) empty.hidden = Number(number) > 0;
    for (const part of document.querySelectorAll(`[data-count-shown="${CSS.escape(slug)}"]`)) {
      part.hidden = !Number(number);
      part.querySelector("[data-number]").textContent = number;
    }
  }
};

// What a card is without the state of a write and without the clock: what a reader would call a change.
const bare = (card) => {
  const copy = card.cloneNode(true);
  for (const name of ["data-fresh", "data-write", "data-order", "data-lifted"]) copy.removeAttribute(name);
  copy.querySelector(".card-note")?.remove();
  copy.querySelector(":scope > .visually-hidden")?.remove();
  for (const time of copy.querySelectorAll("time")) time.replaceWith(time.dataset.when);
  return copy;
};
const sameFace = (one, other) => bare(one).isEqualNode(bare(other));
const note = (card) => `${card.dataset.write ?? ""} ${card.querySelector(".card-note")?.textContent ?? ""}`;

// A card in somebody's hand, or on its way to the server, stays where they put it; what comes meanwhile waits.
const inHand = new Map();
export const hold = (id) => { inHand.set(id, null); };
export const release = (id) => {
  const waiting = inHand.get(id);
  inHand.delete(id);
  if (waiting) apply(waiting);
};

export const apply = (news, { own = false } = {}) => {
  const { cardId, column, gone, counts } = news.dataset;
  if (!own && inHand.has(cardId)) { inHand.set(cardId, news); return; }
  if (counts) count(JSON.parse(counts));
  const card = gone === undefined ? news.content.firstElementChild : null;
  const old = document.getElementById(`c${cardId}`);
  const cards = column ? list(column) : null;
  const stays = card && old && old.parentElement === cards && order(old) === order(card);
  const known = card && old && old.parentElement === cards && sameFace(old, card);
  // What this page shows already, such as its own move coming back, changes nothing.
  if (stays && known && note(old) === note(card)) { old.dataset.status = card.dataset.status; return; }
  keeping(async () => {
    if (stays) old.replaceWith(card);
    else {
      old?.remove();
      if (card && cards) put(card, cards);
    }
    if (card?.isConnected) {
      freshen(card);
      window.htmx?.process(card);
      if (own || known) return;
      card.dataset.fresh = "";
      setTimeout(() => card.removeAttribute("data-fresh"), 2500);
    }
  });
};

/** The cards of an answer to something that was done on this page. */
export const takeAnswer = (html) => {
  if (!html?.includes("data-card-id")) return;
  const box = document.createElement("template");
  box.innerHTML = html;
  const watching = document.querySelector("[data-live-watch]")?.dataset.liveWatch;
  for (const news of box.content.querySelectorAll("template[data-card-id]")) {
    if (board()) apply(news, { own: true });
    else if (watching === news.dataset.cardId) again(0);
  }
};

const me = document.body.dataset.me;
addEventListener("live:card", (event) => {
  if (!board()) return;
  const box = document.createElement("template");
  box.innerHTML = event.detail.html;
  for (const news of box.content.querySelectorAll("template[data-card-id]")) {
    const { said, at, by } = news.dataset;
    // Which cards a filter shows, only the server knows; the lines are said all the same.
    if (board().dataset.filtered === undefined) apply(news);
    // Whoever did it was told by the answer.
    if (said && (!by || by !== me)) { announce(said); noted(said, at ?? new Date().toISOString()); }
  }
  if (board().dataset.filtered !== undefined) again();
});

// A page about one ticket, or one that only counts, looks again when something it shows has changed.
addEventListener("live:card", (event) => {
  const watching = document.querySelector("[data-live-watch]")?.dataset.liveWatch;
  if (watching === undefined) return;
  if (watching === "*" || event.detail.html.includes(`data-card-id="${watching}"`)) again(1500);
});

// ---- One column at a time on a phone ---------------------------------------------------

const show = () => {
  const column = document.getElementById(location.hash.slice(1));
  if (!column?.matches(".column")) return;
  for (const other of document.querySelectorAll(".column")) other.toggleAttribute("data-shown", other === column);
  for (const tab of document.querySelectorAll(".board-tabs a")) {
    tab.toggleAttribute("data-current", tab.hash === location.hash);
  }
};

if (board()) {
  show();
  addEventListener("hashchange", show);
  // :target does not follow an element that was replaced, so the choice is put back after each swap.
  addEventListener("htmx:afterSwap", show);
  // A tab changes what is shown, not where the page stands.
  addEventListener("click", (event) => {
    const tab = event.target.closest(".board-tabs a");
    if (!tab || !matchMedia("(width < 768px)").matches) return;
    event.preventDefault();
    history.replaceState(history.state, "", tab.hash);
    show();
  });
}
