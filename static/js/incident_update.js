// The composer of an incident's update: what is typed is kept each second or so and when the page is left, and how it
// will read follows. What cannot be kept, for the session has ended or the network is away, waits in this tab, is sent
// again by itself and comes back. All of it goes through the form's own buttons, which work without this.
import { csrf, swapIn } from "./fragments.js";
import { toast } from "./toast.js";

const PATIENCE = 15_000;
const PAUSE = 500, EVERY = 1_500; // ms after the last key, and while somebody goes on typing
const FIRST = 1_000, LONGEST = 30_000; // ms after which it is tried again, at first and at most
const SOON = 400;

const formOf = (element) => element?.closest?.("form[data-update]");
const here = () => document.querySelector("form[data-update]");
const corrects = (form) => form.action.endsWith("/correct/");
// A correction belongs to the version that it corrects: once that one is corrected, it is not brought back over it.
const stash = (form) => `update:${new URL(form.action).pathname}${corrects(form) ? `:${form.elements.seen?.value}` : ""}`;
const WHOSE = ["key", "stamp", "seen"]; // which form it is, which draft it was drawn from, what its writer has read
const fields = (form) => [...form.elements].filter((one) => one.name && one.type !== "hidden" && one.type !== "submit" && one.type !== "button");
const said = (words) => {
  const place = document.getElementById("update-saved");
  if (place) place.textContent = words;
};

// ---- Keeping ----------------------------------------------------------------------------

let timer = 0, told = 0, asking = false, again = false, tries = 0;
let keys = 0; // what was typed since it was last asked about is not kept yet

const valuesOf = (form) => {
  const values = new FormData(form);
  values.set("do", "keep");
  return values;
};
const remember = (form) => {
  const typed = fields(form).map((one) => [one.name, one.value, one.type === "checkbox" || one.type === "radio" ? one.checked : null]);
  const whose = WHOSE.map((name) => [name, form.elements[name]?.value ?? ""]);
  try { sessionStorage.setItem(stash(form), JSON.stringify({ typed, whose })); } catch { /* a full or forbidden store: it still stands on the page */ }
};
const forget = (form) => { try { sessionStorage.removeItem(stash(form)); } catch { /* nothing was there */ } };

const keep = async (form) => {
  clearTimeout(timer);
  if (!form.isConnected || "sent" in form.dataset) return;
  if (asking) { again = true; return; }
  asking = true;
  told = Date.now();
  const known = keys, values = valuesOf(form);
  try {
    const response = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(values), signal: AbortSignal.timeout(PATIENCE),
      headers: { "X-CSRFToken": csrf(), "HX-Request": "true", "HX-Target": "update-parts" },
    });
    if (response.status === 205) { // all of it was sent, though its answer never came
      tries = 0;
      if (!form.isConnected || "sent" in form.dataset) return;
      if (known !== keys) { again = true; return; }
      await anew(form, { over: true });
      if (!form.isConnected) toast({ tone: "green", text: "It was sent: this is the next update." });
      return;
    }
    const html = response.ok ? await response.text() : "";
    if (!html.includes('id="update-readings"')) throw new Error(response.status);
    const back = tries > 0;
    tries = 0;
    if (!form.isConnected || "sent" in form.dataset) return;
    // What is in no draft is kept in this tab alone: a correction, and what was written over at another place.
    if (!html.includes("data-update-kept")) remember(form);
    else { forget(form); if (known === keys) delete form.dataset.touched; }
    swapIn(html);
    read(form);
    follow(form);
    news(form);
    if (form.elements.key.value !== values.get("key")) again = true; // an update went with that one: kept with the new
    if (back) foot(form); else boxes(form);
  } catch (error) {
    remember(form);
    const away = ["TypeError", "TimeoutError"].includes(error.name);
    clearTimeout(timer);
    // Signed in again meanwhile, with another token, or taken off: to try it once more changes nothing.
    if (["403", "404"].includes(error.message)) { said("not saved: reload this page, what you typed comes back"); return; }
    said(`${error.message === "401" ? "not saved: sign in again" : away ? "no connection" : "not saved yet"}, it is kept in this tab`);
    timer = setTimeout(() => keep(form), Math.min(LONGEST, FIRST * 2 ** tries));
    tries += 1;
  } finally {
    asking = false;
    if (again) { again = false; later(form); }
  }
};
const later = (form) => {
  clearTimeout(timer);
  timer = setTimeout(() => catchUp(form), Date.now() - told > EVERY ? Math.min(PAUSE, 200) : PAUSE);
};

// What stands here is not kept yet.
const touched = (form) => { keys += 1; form.dataset.touched = ""; };
addEventListener("input", ({ target }) => {
  const form = formOf(target);
  if (!form || target.name === "shows") return;
  touched(form);
  follow(form);
  if (Date.now() - told > EVERY && !asking) keep(form); else later(form);
});
// Where it goes decides whether a second person reads it: the foot is drawn anew.
addEventListener("change", ({ target }) => {
  const form = formOf(target);
  if (form && target.name === "targets") foot(form);
});

// Leaving: the last words go with the page, and stay in the tab: whether they arrived is not heard any more. What was
// kept already is not sent again, for meanwhile it may be written on at another place.
const waiting = () => {
  const form = here();
  return form && "touched" in form.dataset && !("sent" in form.dataset) ? form : null;
};
const leave = () => {
  const form = waiting();
  if (!form) return;
  remember(form);
  navigator.sendBeacon(form.action, new URLSearchParams(valuesOf(form)));
};
const resume = () => { const form = waiting(); if (form) keep(form); };
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : resume()));
addEventListener("online", resume);

// ---- What follows what is typed ------------------------------------------------------------

const follow = (form) => {
  const stops = form.querySelector("#update-status")?.selectedOptions[0]?.hasAttribute("data-stops") ?? false;
  const box = form.querySelector("[data-update-stop]");
  if (box) {
    const tick = box.querySelector("input");
    box.hidden = !stops && !tick.checked;
  }
  const late = "late" in (document.getElementById("update-next-said")?.dataset ?? {});
  const reason = form.querySelector("[data-update-reason]");
  if (reason) reason.hidden = !late && !reason.querySelector("input").value;
  label(form);
};

// The button says what it does.
const label = (form) => {
  const button = form.querySelector("[data-update-send]"), asked = form.querySelector("#update-approver");
  if (!button || !asked) return;
  const icon = button.querySelector("svg"), urgent = form.querySelector("#update-override")?.value.trim();
  const name = asked.value === "anybody" ? "" : asked.selectedOptions[0]?.textContent.trim().split(" ")[0];
  const words = urgent ? "Send all of it now" : name ? `Send, ask ${name}` : "Send, ask for a reader";
  if (button.textContent.trim() !== words && !location.pathname.endsWith("/correct/")) button.replaceChildren(icon, words);
};

// How it will read, where it goes and who reads it first come after the page: it stands at once.
let drawing = 0;
const foot = async (form) => {
  const turn = ++drawing; // of several that are under way the last one counts: an older one knows an older choice
  const values = valuesOf(form), fresh = !("touched" in form.dataset) && form.querySelector("[data-update-load]");
  try {
    const response = await fetch(fresh ? form.dataset.fresh : form.action, {
      method: fresh ? "GET" : "POST", body: fresh ? undefined : new URLSearchParams(values),
      headers: { "X-CSRFToken": csrf(), "HX-Request": "true", "HX-Target": "update-foot" }, signal: AbortSignal.timeout(PATIENCE),
    });
    const html = response.ok ? await response.text() : "";
    if (!html.includes('id="update-reading"')) throw new Error(response.status);
    if (turn !== drawing || !form.isConnected || "sent" in form.dataset) return;
    swapIn(html);
    follow(form);
  } catch { /* the buttons that stand there lead to the whole page */ }
};

// A target that came or went meanwhile has its box, or has none, as soon as it is known.
const boxes = (form) => {
  const now = document.getElementById("update-readings")?.dataset.places.trim() ?? "";
  const stand = [...form.querySelectorAll("[name=targets]")].map((one) => one.value).join(" ");
  if (!corrects(form) && now !== stand) foot(form);
};

// ---- Sending ---------------------------------------------------------------------------------

addEventListener("keydown", (event) => {
  const form = formOf(event.target);
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.querySelector("[name=do][value=send]")?.click();
});
// A draft that arrives after the update itself would stand there again.
addEventListener("submit", ({ target, submitter }) => {
  if (!target.matches?.("form[data-update]")) return;
  remember(target);
  if (["send", "discard"].includes(submitter?.value)) target.dataset.sent = "";
}, true);
// What was sent needs no keeping; what was refused stands there again, and is in the draft.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = formOf(detail.requestConfig?.elt);
  if (form && detail.requestConfig.verb === "post" && [200, 204, 422].includes(detail.xhr.status)) forget(form);
});
const open = ({ detail }) => {
  const form = here();
  if (!form || detail.elt !== form && !form.contains(detail.elt)) return;
  delete form.dataset.sent;
};
document.addEventListener("htmx:sendError", open);
document.addEventListener("htmx:responseError", open);
document.addEventListener("htmx:timeout", open);

// ---- Others ---------------------------------------------------------------------------------

// Whoever says that they have read what came knows it, whatever answer is still on its way.
const read = (form) => {
  const { seen } = form.elements;
  if (seen && Number(form.dataset.read ?? 0) > Number(seen.value)) seen.value = form.dataset.read;
};
addEventListener("click", (event) => {
  const form = formOf(event.target);
  if (event.target.closest?.("[data-update-read]")) {
    event.preventDefault();
    form.dataset.read = form.elements.missed.value;
    read(form);
    touched(form);
    keep(form);
  } else if (event.target.closest?.("[data-update-take]")) {
    event.preventDefault();
    anew(form, { over: true });
  }
});

// What came stands above the words, on a phone screens away from where somebody types.
const inSight = (one) => {
  const { left, top } = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(left + 4, top + 4));
};
let heard = "";
const news = (form) => {
  const line = form?.querySelector("[data-update-news] strong"), words = line?.textContent;
  if (words && words !== heard && !inSight(line)) toast({ tone: "amber", text: words });
  heard = words ?? heard;
};

// Draws it anew from what is kept. What is typed meanwhile stays, unless it is to be written over.
const anew = async (form, { over = false } = {}) => {
  const known = keys;
  try {
    const response = await fetch(form.dataset.fresh, {
      headers: { "HX-Request": "true", "HX-Target": "update" }, signal: AbortSignal.timeout(PATIENCE),
    });
    const html = response.ok ? await response.text() : "";
    if (!html.includes('id="update"')) throw new Error(response.status);
    if (!form.isConnected || "sent" in form.dataset || known !== keys || "touched" in form.dataset && !over) return;
    forget(form);
    clearTimeout(timer);
    swapIn(html);
    news(here());
    settle();
  } catch { if (over) said("no connection"); }
};

const catchUp = (form) => ("touched" in form.dataset ? keep(form) : anew(form));

// Somebody else has published: whoever has typed is told so above their words, everybody else begins with the new one.
// So is whoever sent it from another device: what stands here was in the draft that went with it.
let coming = 0;
document.addEventListener("live:entry", ({ detail }) => {
  const line = new DOMParser().parseFromString(detail.html, "text/html").body.textContent;
  const number = Number(line.match(/Update (\d+) sent/)?.[1] ?? 0);
  const form = here(), known = () => number <= Number(form.elements.seen?.value ?? 0);
  if (!form || corrects(form) || known()) return;
  clearTimeout(coming);
  coming = setTimeout(() => {
    if (form.isConnected && !("sent" in form.dataset) && !known()) catchUp(form);
  }, SOON);
});
// The page was away and is fetched again; the composer, which stays where it is, catches up by itself.
document.addEventListener("live:stale", () => {
  const form = here(), receipts = document.getElementById("incident")?.dataset.receipts;
  if (!form || !receipts) return;
  if (!("touched" in form.dataset)) { anew(form); return; }
  keep(form);
  window.htmx?.ajax("GET", receipts, { source: "#receipts", target: "#receipts", swap: "outerHTML" });
});

// ---- When it stands there ---------------------------------------------------------------------

// What this tab had to keep is newer than what was saved.
const bringBack = (form) => {
  let found = null;
  try { found = JSON.parse(sessionStorage.getItem(stash(form)) ?? "null"); } catch { /* nothing that can be read */ }
  if (!found) return;
  forget(form);
  const { typed, whose } = found;
  let changed = false;
  for (const [name, value, checked] of typed) {
    const same = fields(form).filter((one) => one.name === name);
    const one = same.length > 1 ? same.find((each) => each.value === value) : same[0];
    if (!one || name === "shows") continue;
    if (checked === null ? one.value === value : one.checked === checked) continue;
    if (checked === null) one.value = value; else one.checked = checked;
    changed = true;
  }
  if (!changed) return;
  // As the form that it was: a draft that was written since at another place is not written over, and what somebody
  // published since was not read.
  for (const [name, value] of whose) if (form.elements[name]) form.elements[name].value = value;
  touched(form);
  // Unless it turns out that it was sent.
  keep(form).then(() => { if (form.isConnected) toast({ tone: "amber", text: "What you had typed was not saved, and is back." }); });
};

const settle = () => {
  const form = here();
  if (!form || "settled" in form.dataset) return;
  form.dataset.settled = "";
  follow(form);
  if (!form.querySelector("[data-update-refused]")) bringBack(form);
  else if (form.querySelector("[data-update-elsewhere]")) { touched(form); remember(form); } // it is in no draft
  else forget(form);
  heard = form.querySelector("[data-update-news] strong")?.textContent ?? heard;
  if (form.querySelector("[data-update-load]")) foot(form);
};

settle();
document.addEventListener("htmx:afterSettle", settle);
