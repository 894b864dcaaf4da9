// The timeline: cells by arrow keys, somebody dragged onto another cell (by mouse, or by touch after a long press), and
// the page brought up to date once a change was made. A drop only asks: the dialog shows what it would do.
import { refetch } from "./fragments.js";
import { openSheet } from "./sheet.js";

const PRESS = 300, SLACK = 8, FIRM = 5, EDGE = 48;
const table = () => document.querySelector(".roster");
const cells = () => [...document.querySelectorAll(".roster [data-cell]")];
const says = (text) => { const line = document.querySelector("[data-says]"); if (line) line.textContent = text; };

// ---- By keyboard: one cell can be tabbed to, arrows go on from there ------------------

let current = "";
const nameOf = (cell) => `${cell.dataset.place ?? ""}/${cell.dataset.shift ?? ""}/${cell.closest("tr").rowIndex}`;

const rove = () => {
  const all = cells();
  const chosen = all.find((cell) => nameOf(cell) === current) ?? all.find((cell) => cell.matches(".shift-now")) ?? all[0];
  for (const cell of all) cell.tabIndex = cell === chosen ? 0 : -1;
};

const middle = (cell) => { const box = cell.getBoundingClientRect(); return (box.left + box.right) / 2; };
const covers = (cell, x) => { const box = cell.getBoundingClientRect(); return box.left <= x && x <= box.right; };

const step = (cell, key) => {
  const row = [...cell.closest("tr").querySelectorAll("[data-cell]")], at = row.indexOf(cell);
  if (key === "ArrowLeft") return row[at - 1];
  if (key === "ArrowRight") return row[at + 1];
  if (key === "Home") return row[0];
  if (key === "End") return row.at(-1);
  let next = cell.closest("tr");
  do next = key === "ArrowUp" ? next.previousElementSibling : next.nextElementSibling;
  while (next && !next.querySelector("[data-cell]"));
  const others = [...(next?.querySelectorAll("[data-cell]") ?? [])], x = middle(cell);
  return others.find((other) => covers(other, x))
    ?? others.reduce((best, other) => (!best || Math.abs(middle(other) - x) < Math.abs(middle(best) - x) ? other : best), undefined);
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const cell = event.target.closest?.(".roster [data-cell]");
  if (!cell || !/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const next = step(cell, event.key);
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}, true);

addEventListener("focusin", (event) => {
  const cell = event.target.closest?.(".roster [data-cell]");
  if (!cell) return;
  current = nameOf(cell);
  rove();
  says(cell.title);
});
addEventListener("pointerover", (event) => {
  const cell = event.target.closest?.(".roster .shift");
  if (cell) says(cell.title);
});

// ---- In the hand -----------------------------------------------------------------------

const address = () => document.querySelector("[data-plans]")?.dataset.plans;
let press = null, drag = null, dropped = 0;

const lift = () => {
  const { thing, x, y } = press;
  clearTimeout(press.timer);
  press = null;
  const ghost = document.createElement("div");
  ghost.className = "rota-ghost";
  ghost.setAttribute("aria-hidden", "true");
  ghost.textContent = thing.dataset.name ?? thing.querySelector(".shift-part")?.textContent;
  document.body.append(ghost);
  thing.dataset.lifted = "";
  document.documentElement.dataset.dragging = "";
  drag = { thing, ghost, x, y, over: null };
  follow();
  roll();
};

const follow = () => {
  drag.ghost.style.transform = `translate(${drag.x + 10}px, ${drag.y + 10}px)`;
  const under = document.elementFromPoint(drag.x, drag.y)?.closest(".roster [data-takes]") ?? null;
  const over = under === drag.thing ? null : under;
  if (over === drag.over) return;
  drag.over?.removeAttribute("data-over");
  over?.setAttribute("data-over", "");
  drag.over = over;
  if (over) says(`${drag.thing.dataset.place ? "Swap places with" : "Give the place of"}: ${over.title}`);
};

// Near an edge the table, or the page, goes on by itself.
const pull = (at, low, high) => (at < low + EDGE ? at - low - EDGE : at > high - EDGE ? at - high + EDGE : 0) / 4;
const roll = () => {
  if (!drag) return;
  const box = document.getElementById("roster-scroll"), edges = box?.getBoundingClientRect();
  if (edges && drag.y > edges.top && drag.y < edges.bottom) box.scrollLeft += pull(drag.x, edges.left, edges.right);
  window.scrollBy(0, pull(drag.y, 0, innerHeight));
  follow();
  requestAnimationFrame(roll);
};

const letGo = () => {
  const held = drag;
  drag = null;
  held.ghost.remove();
  held.over?.removeAttribute("data-over");
  held.thing.removeAttribute("data-lifted");
  document.documentElement.removeAttribute("data-dragging");
  return held;
};

const drop = () => {
  const { thing, over } = letGo();
  if (!over) return;
  const { place, shift } = over.dataset;
  const asked = new URLSearchParams(thing.dataset.bench
    ? { place, shift, person: thing.dataset.bench }
    : { place: thing.dataset.place, with: place });
  openSheet(`${address()}?${asked}`);
};

const cancel = () => {
  clearTimeout(press?.timer);
  press = null;
  if (drag) { letGo(); dropped = Date.now(); }
};

addEventListener("pointerdown", (event) => {
  cancel();
  const thing = event.target.closest?.(".roster [data-movable], [data-bench]");
  if (!thing || !address() || event.button !== 0 || !event.isPrimary || event.ctrlKey || event.metaKey) return;
  press = { thing, x: event.clientX, y: event.clientY, touch: event.pointerType !== "mouse" };
  if (press.touch) press.timer = setTimeout(() => press?.thing.isConnected && lift(), PRESS);
});
addEventListener("pointermove", (event) => {
  if (drag) { Object.assign(drag, { x: event.clientX, y: event.clientY }); return; }
  if (!press) return;
  const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
  if (press.touch) { if (far > SLACK) cancel(); } else if (far > FIRM) {
    lift();
    Object.assign(drag, { x: event.clientX, y: event.clientY });
  }
});
addEventListener("pointerup", () => {
  clearTimeout(press?.timer);
  press = null;
  if (!drag) return;
  dropped = Date.now();
  follow();
  drop();
});
addEventListener("pointercancel", cancel);
addEventListener("blur", () => drag && cancel());
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drag) return;
  cancel();
  event.preventDefault();
});
// A drop is no click on the cell; a link's own dragging would take the pointer away; a held cell has no menu.
addEventListener("click", (event) => {
  if (Date.now() - dropped > 300 || !event.target.closest?.(".roster, .bench")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("dragstart", (event) => {
  if (address() && event.target.closest?.(".roster [data-cell], [data-bench]")) event.preventDefault();
});
addEventListener("contextmenu", (event) => { if (drag || press?.touch) event.preventDefault(); });
// Not passive: while somebody is held, the page under them must not scroll.
table() && addEventListener("touchmove", (event) => { if (drag) event.preventDefault(); }, { passive: false });

// ---- Once something was changed ---------------------------------------------------------

addEventListener("rotations", async () => {
  for (const part of document.querySelectorAll("[data-rotations]")) await refetch(part);
  rove();
});
addEventListener("htmx:afterSwap", () => table() && rove());

// Today is in sight, with a little of what was before.
const today = () => {
  const box = document.getElementById("roster-scroll"), now = box?.querySelector("[aria-current=date]");
  if (now && box.scrollWidth > box.clientWidth) box.scrollLeft = now.offsetLeft - box.clientWidth / 4;
};
if (table()) { rove(); today(); }
