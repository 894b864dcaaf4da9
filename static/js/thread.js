// A thread: what is typed is kept as it is typed, and others see that somebody writes. One key each for a reply, a note.
import { csrf } from "./fragments.js";

const PAUSE = 700; // ms after the last key
const EVERY = 4_000; // ms while somebody goes on typing
const FADES = 10_000; // ms until it is asked whether they still write

const place = () => document.querySelector("[data-writing]");
const form = () => document.querySelector("form[data-drafts]");

// ---- What is typed here -----------------------------------------------------------------

let timer = 0, told = 0, sending = false;

const keep = async () => {
  const writes = form();
  const text = writes?.querySelector("textarea[name=text]");
  if (!text || sending) return;
  told = Date.now();
  try {
    const answer = await fetch(writes.dataset.drafts, {
      method: "POST", body: new URLSearchParams({ text: text.value }),
      headers: { "X-CSRFToken": csrf(), "HX-Request": "true" }, keepalive: true,
    });
    if (answer.ok && place()) place().innerHTML = await answer.text();
  } catch { /* without a connection it stays in the field; the page's own sign says that it is not live */ }
};

addEventListener("input", (event) => {
  if (!event.target.matches?.("form[data-drafts] textarea[name=text]")) return;
  clearTimeout(timer);
  timer = setTimeout(keep, Date.now() - told > EVERY ? 0 : PAUSE);
});
addEventListener("submit", (event) => {
  if (!event.target.matches?.("form[data-drafts]")) return;
  // A draft that arrives after the message itself would stand in the field again.
  sending = true;
  clearTimeout(timer);
});

// ---- What is typed elsewhere ------------------------------------------------------------

let fades = 0;
const look = async () => {
  clearTimeout(fades);
  const here = place();
  if (!here || document.hidden) return;
  try {
    const answer = await fetch(here.dataset.writing, { headers: { "HX-Request": "true" } });
    if (answer.status === 200 && place()) place().innerHTML = await answer.text();
  } catch { place()?.replaceChildren(); }
  if (place()?.childElementCount) fades = setTimeout(look, FADES);
};
document.addEventListener("live:writing", look);
document.addEventListener("htmx:load", () => { if (place()?.childElementCount) { clearTimeout(fades); fades = setTimeout(look, FADES); } });

// ---- Keys -------------------------------------------------------------------------------

const TYPES = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const choose = (note) => {
  const box = document.querySelector(`#composer [name=kind][value=${note ? "note" : "reply"}]`);
  if (box && !box.checked) box.click();
  const text = [...document.querySelectorAll("#composer textarea, #composer [data-value], #answer textarea")].find((one) => one.checkVisibility());
  text?.focus();
  text?.scrollIntoView({ block: "nearest" });
  return Boolean(text);
};

addEventListener("keydown", (event) => {
  const thread = document.getElementById("messages");
  if (!thread || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches?.(TYPES) || document.querySelector("dialog[open]")) return;
  if ((event.key === "r" || event.key === "n") && choose(event.key === "n")) event.preventDefault();
});
