// Putting fetched HTML in place of what stands there, without losing where somebody looks, scrolls or types.
import { freshen } from "./times.js";

const CONTROLS = "a, button, input, select, textarea, summary";

const look = () => {
  const focused = document.activeElement;
  const owner = focused?.closest?.("[id]");
  return {
    focused, owner,
    among: owner ? [...owner.querySelectorAll(CONTROLS)].indexOf(focused) : -1,
    scrolled: [...document.querySelectorAll("[data-keep-scroll][id]")]
      .map(({ id, scrollTop, scrollLeft }) => ({ id, scrollTop, scrollLeft })),
    range: [focused?.selectionStart, focused?.selectionEnd],
    opened: [...document.querySelectorAll("details[id][open]")].map(({ id }) => id),
    scrollX: window.scrollX, scrollY: window.scrollY,
  };
};

/** Runs a change of the page, and puts focus and scroll positions back: by id, since the elements are new ones.
 *  A change that waits for an answer calls what it is given when the answer is there: until then the reader moves on. */
export const keeping = async (change) => {
  let before = look();

  await change(() => { before = look(); });

  const { focused, owner, among, range, scrolled, opened, scrollX, scrollY } = before;
  for (const { id, scrollTop, scrollLeft } of scrolled) {
    const box = document.getElementById(id);
    if (box) Object.assign(box, { scrollTop, scrollLeft });
  }
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (window.scrollX !== scrollX || window.scrollY !== scrollY) window.scrollTo(scrollX, scrollY);
  if (owner && owner.id && !focused.isConnected) {
    const place = document.getElementById(owner.id);
    const control = among < 0 ? place : place?.querySelectorAll(CONTROLS)[among];
    control?.focus({ preventScroll: true });
    // Among them another one may stand there now, of a kind that has no range and throws.
    if (control?.type === focused.type && Number.isInteger(range[0])) control.setSelectionRange(...range);
  }
};

/** The token that a request which changes something carries. */
export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

const here = () => location.pathname + location.search;

// What the reader asked of this part: a filter, another page of it. Its answer needs the part that it asked for to
// stand still; replaced meanwhile, the answer would be put nowhere, and the address would say what is not shown.
const asked = (id) =>
  [...document.querySelectorAll(".htmx-request")].some(
    (asking) => asking.id !== id && (asking.getAttribute("hx-target") === `#${id}` || asking.closest(`#${CSS.escape(id)}`)),
  );
// An answer that takes its own asker away may never be told of: then it is looked at again after a moment.
const answered = () => new Promise((done) => {
  addEventListener("htmx:afterRequest", () => setTimeout(done), { once: true });
  setTimeout(done, 500);
});

let withheld = false, arrived = () => {};
addEventListener("htmx:beforeSwap", (event) => {
  const { elt, path } = event.detail.requestConfig ?? {};
  if (!elt?.matches?.("[data-live]")) return;
  if (!(asked(elt.id) || path !== here())) { arrived(); return; }
  withheld = true;
  event.detail.shouldSwap = false;
});

/** Fetches an element with an id again, from the page's own address. A failure leaves what stands there. */
export const refetch = ({ id }) =>
  keeping(async (now) => {
    arrived = now;
    do {
      withheld = false;
      while (asked(id)) await answered();
      // Nothing is swapped from under a card in the hand.
      while (document.documentElement.dataset.dragging !== undefined) await new Promise((done) => setTimeout(done, 100));
      const element = document.getElementById(id);
      try {
        await window.htmx.ajax("GET", here(), {
          source: element, target: element, swap: "outerHTML", select: `#${CSS.escape(id)}`,
        });
      } catch { /* the stream's own retry comes by again */ }
    } while (withheld);
  });

/** Replaces the elements of the page that have the ids of the given HTML's top elements. */
export const swapIn = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  const known = [...box.content.children].filter((part) => part.id && document.getElementById(part.id));
  if (!known.length) return;
  keeping(async () => {
    for (const part of known) {
      freshen(part.parentNode);
      document.getElementById(part.id).replaceWith(part);
      window.htmx?.process(part);
    }
  });
};
