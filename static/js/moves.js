// Cards are moved: by mouse, by touch (after a long press), by keyboard. A move is shown at once and corrected by the
// answer. What may be dropped on says so by itself: [data-drop="todo"].
import { announce, board, hold, list, release } from "./board.js";
import { send } from "./send.js";
import { openSheet, take } from "./sheet.js";

const PRESS = 250, SLACK = 8, FIRM = 5, EDGE = 56, SETTLE = 500;
const TODO = "todo";
const work = () => board()?.dataset.work !== undefined;
const keyOf = (card) => card.querySelector(".key").textContent;
const slugOf = (card) => card.closest("[data-column-cards]")?.dataset.columnCards;
const cardsOf = (slug) => [...(list(slug)?.querySelectorAll(":scope > .card") ?? [])];
const addressOf = (card) => card.querySelector(".card-link").getAttribute("href");
const nameOf = (slug) =>
  (document.getElementById(`h-${slug}`) ?? document.querySelector(`.column-closed[data-drop="${CSS.escape(slug)}"] span`))
    ?.textContent.trim() ?? slug;

// ---- Shown at once -------------------------------------------------------------------

const counted = (slug, by) => {
  for (const place of document.querySelectorAll(`[data-count="${CSS.escape(slug)}"]`)) {
    place.textContent = Math.max(0, Number(place.textContent) + by);
  }
  const empty = document.querySelector(`[data-column-empty="${CSS.escape(slug)}"]`);
  if (empty) empty.hidden = cardsOf(slug).length > 0;
};

// Puts the card where it is wanted, and returns how to take that back.
const place = (card, slug, next) => {
  const from = slugOf(card), parent = card.parentElement, after = card.nextElementSibling;
  const was = card.dataset.write, focused = card.contains(document.activeElement);
  const cards = list(slug);
  if (cards) cards.insertBefore(card, next === undefined ? cards.firstElementChild : next ?? cards.querySelector("[data-more]"));
  else card.remove();
  card.dataset.write = "pending";
  // Its number is that of another place now: whatever the answer says, the card is put there anew.
  const { order } = card.dataset;
  delete card.dataset.order;
  if (from !== slug) { counted(from, -1); counted(slug, 1); }
  if (focused) card.querySelector("[data-card]").focus({ preventScroll: false });
  return () => {
    if (was === undefined) card.removeAttribute("data-write");
    else card.dataset.write = was;
    card.dataset.order ??= order;
    if (parent.isConnected) parent.insertBefore(card, after?.isConnected ? after : null);
    if (from !== slug) { counted(slug, -1); counted(from, 1); }
  };
};

// ---- And sent, one after the other for each card ---------------------------------------

const lines = new Map();

const queue = (card, values, takeBack) => {
  const id = card.id.slice(1), url = `${addressOf(card)}move/`;
  hold(id);
  const line = lines.get(id) ?? { last: Promise.resolve(), length: 0 };
  lines.set(id, line);
  line.length += 1;
  line.last = line.last.then(async () => {
    let text = "";
    try {
      const drawn = document.getElementById(card.id)?.dataset.status ?? card.dataset.status;
      text = await send(url, values.to ? { drawn, ...values } : values);
    } catch {
      takeBack();
    }
    line.length -= 1;
    // A later move of the same card is on its way: this answer shows it where it no longer is.
    if (line.length) {
      const status = text.match(new RegExp(`id="${card.id}"[^>]*data-status="([^"]*)"`))?.[1];
      if (status !== undefined) card.dataset.status = status;
      return;
    }
    lines.delete(id);
    take(text);
    release(id);
  });
};

const move = (card, slug) => {
  if (slugOf(card) === slug) return;
  queue(card, { to: slug }, place(card, slug));
};

// To Do: next to which card. `next`: the card that it comes before, or null for the end of those that are shown.
const neighbour = (card, next) => {
  if (next) return { before: keyOf(next) };
  const last = cardsOf(TODO).filter((other) => other !== card).at(-1);
  return last ? { after: keyOf(last) } : {};
};

const reorder = (card, next) => {
  const from = slugOf(card), values = neighbour(card, next);
  if (from === TODO && (card.nextElementSibling === next || (!next && !card.nextElementSibling?.matches(".card")))) return;
  queue(card, from === TODO ? values : { to: TODO, ...values }, place(card, TODO, next));
};

// ---- In the hand ------------------------------------------------------------------------

let press = null, drag = null, escaped = false, dropped = 0;

const lift = () => {
  const { card, x, y } = press;
  const box = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  ghost.removeAttribute("id");
  ghost.classList.add("ghost");
  ghost.setAttribute("aria-hidden", "true");
  ghost.style.width = `${box.width}px`;
  const word = document.createElement("span");
  word.className = "drag-word";
  word.hidden = true;
  ghost.append(word);
  document.body.append(ghost);
  const slot = document.createElement("li");
  slot.className = "slot";
  slot.setAttribute("aria-hidden", "true");
  hold(card.id.slice(1));
  card.dataset.lifted = "";
  document.documentElement.dataset.dragging = "";
  drag = { card, ghost, word, slot, dx: x - box.left, dy: y - box.top, x, y, over: null, next: undefined, from: slugOf(card) };
  clearTimeout(press.timer);
  press = null;
  follow();
  roll();
};

const target = () => {
  const under = document.elementFromPoint(drag.x, drag.y);
  return under?.closest("[data-drop]") ?? null;
};

const follow = () => {
  drag.ghost.style.transform = `translate(${drag.x - drag.dx}px, ${drag.y - drag.dy}px)`;
  const over = target();
  if (over !== drag.over) {
    drag.over?.removeAttribute("data-over");
    over?.setAttribute("data-over", "");
    drag.over = over;
  }
  const slug = over?.dataset.drop;
  drag.slot.remove();
  drag.next = undefined;
  if (slug === TODO && list(TODO)) {
    const others = cardsOf(TODO).filter((other) => other !== drag.card);
    drag.next = others.find((other) => {
      const box = other.getBoundingClientRect();
      return box.top + box.height / 2 > drag.y;
    }) ?? null;
    list(TODO).insertBefore(drag.slot, drag.next ?? list(TODO).querySelector("[data-more]"));
  } else if (slug && slug !== drag.from) list(slug)?.prepend(drag.slot);
  drag.word.hidden = !slug || slug === drag.from;
  drag.word.textContent = slug ? nameOf(slug) : "";
};

// Near an edge what scrolls there goes on by itself.
const pull = (at, low, high) => (at < low + EDGE ? at - low - EDGE : at > high - EDGE ? at - high + EDGE : 0) / 4;
const scrolls = (box, axis) => box && (axis === "y" ? box.scrollHeight > box.clientHeight : box.scrollWidth > box.clientWidth);

const roll = () => {
  if (!drag) return;
  const column = drag.over?.matches(".column") ? drag.over : null, columns = document.getElementById("columns");
  if (scrolls(column, "y") && getComputedStyle(column).overflowY === "auto") {
    const box = column.getBoundingClientRect();
    column.scrollTop += pull(drag.y, box.top, box.bottom);
  } else window.scrollBy(0, pull(drag.y, 0, innerHeight));
  if (scrolls(columns, "x")) {
    const box = columns.getBoundingClientRect();
    columns.scrollLeft += pull(drag.x, box.left, box.right);
  }
  follow();
  requestAnimationFrame(roll);
};

const letGo = () => {
  const held = drag;
  drag = null;
  held.ghost.remove();
  held.slot.remove();
  held.over?.removeAttribute("data-over");
  held.card.removeAttribute("data-lifted");
  document.documentElement.removeAttribute("data-dragging");
  return held;
};

const drop = () => {
  const { card, over, next, from } = letGo();
  const slug = over?.dataset.drop;
  if (!slug || (slug === from && slug !== TODO)) { release(card.id.slice(1)); return; }
  if (slug === TODO && next !== undefined) reorder(card, next);
  else move(card, slug);
  if (!lines.has(card.id.slice(1))) release(card.id.slice(1));
};

const cancel = () => {
  clearTimeout(press?.timer);
  press = null;
  if (!drag) return;
  escaped = true;
  release(letGo().card.id.slice(1));
};

addEventListener("pointerdown", (event) => {
  cancel();
  escaped = false;
  dropped = 0;
  const card = event.target.closest?.(".cards > .card");
  if (!card || event.button !== 0 || !event.isPrimary || !work() || event.ctrlKey || event.metaKey) return;
  if (event.target.closest(".card-more, .card-verbs")) return;
  press = { card, x: event.clientX, y: event.clientY, touch: event.pointerType !== "mouse" };
  if (press.touch) press.timer = setTimeout(() => press?.card.isConnected && lift(), PRESS);
});

addEventListener("pointermove", (event) => {
  if (drag) { Object.assign(drag, { x: event.clientX, y: event.clientY }); return; }
  if (!press) return;
  const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
  if (press.touch) { if (far > SLACK) cancel(); } else if (far > FIRM && press.card.isConnected) {
    lift();
    Object.assign(drag, { x: event.clientX, y: event.clientY });
  }
});

addEventListener("pointerup", () => {
  if (drag || escaped) dropped = Date.now();
  escaped = false;
  if (!drag) { cancel(); return; }
  follow();
  drop();
});
addEventListener("pointercancel", cancel);
addEventListener("blur", () => drag && cancel());
// A drop is no click on the card's link, and a held card is no menu; a link's own dragging would take the pointer away.
addEventListener("click", (event) => {
  if (Date.now() - dropped > 300 || !event.target.closest?.(".card")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("dragstart", (event) => { if (work() && event.target.closest?.(".cards > .card")) event.preventDefault(); });
addEventListener("contextmenu", (event) => { if (drag || press?.touch) event.preventDefault(); });
// Not passive: while a card is held, the page under it must not scroll. Elsewhere it does nothing.
board() && addEventListener("touchmove", (event) => { if (drag) event.preventDefault(); }, { passive: false });

// ---- By keyboard --------------------------------------------------------------------------

let reordering = null;

const settle = () => {
  clearTimeout(reordering?.timer);
  const held = reordering;
  reordering = null;
  if (!held) return;
  const { card, takeBack } = held;
  const next = card.nextElementSibling?.matches(".card") ? card.nextElementSibling : null;
  queue(card, neighbour(card, next), takeBack);
};

// Several presses are one move: it is sent when the keys rest.
const nudge = (card, step) => {
  if (slugOf(card) !== TODO) return;
  const cards = cardsOf(TODO), at = cards.indexOf(card), to = at + step;
  if (to < 0 || to >= cards.length) return;
  if (reordering && reordering.card !== card) settle();
  hold(card.id.slice(1));
  const next = step < 0 ? cards[to] : cards[to].nextElementSibling;
  const back = place(card, TODO, next);
  reordering = { card, takeBack: reordering?.takeBack ?? back, timer: (clearTimeout(reordering?.timer), setTimeout(settle, SETTLE)) };
  card.scrollIntoView({ block: "nearest" });
  announce(`${keyOf(card)}: place ${to + 1} of ${cards.length} in ${nameOf(TODO)}.`);
};

const step = (card, by) => {
  const slugs = [...document.querySelectorAll("#columns > [data-drop]")].map((column) => column.dataset.drop);
  const slug = slugs[slugs.indexOf(slugOf(card)) + by];
  if (!slug) return;
  settle();
  move(card, slug);
  if (card.isConnected) card.scrollIntoView({ block: "nearest", inline: "nearest" });
  announce(`${keyOf(card)} to ${nameOf(slug)}.`);
};

const pressed = (event, card) => {
  const { key, altKey, shiftKey } = event;
  if (altKey && key === "ArrowUp") return nudge(card, -1) ?? true;
  if (altKey && key === "ArrowDown") return nudge(card, 1) ?? true;
  if (altKey) return false;
  if (key === "[" || (shiftKey && key === "ArrowLeft")) return step(card, -1) ?? true;
  if (key === "]" || (shiftKey && key === "ArrowRight")) return step(card, 1) ?? true;
  if (key === "m") return openSheet(card.querySelector(".card-more").href) && true;
  return false;
};

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (drag || press)) { cancel(); event.preventDefault(); return; }
  if (event.ctrlKey || event.metaKey || !work() || document.querySelector("dialog[open]")) return;
  const card = document.activeElement?.closest?.(".cards > .card");
  if (!card || !pressed(event, card)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// ---- Retry and Undo on a card: no form of its own, a board has hundreds ----------------------

addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-write-verb]");
  if (!button) return;
  const card = button.closest(".card");
  button.setAttribute("aria-busy", "true");
  try {
    take(await send(`${addressOf(card)}writes/${button.dataset.writeVerb}/`, {}));
  } catch { /* it was said */ }
  button.removeAttribute("aria-busy");
});
