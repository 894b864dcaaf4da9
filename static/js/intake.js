// The form of an escalation: what is typed is saved and followed, kept on this machine until the portal has it, and there
// again after a lost session. The customer's name is searched while it is typed; without a script it is plain text.
import { toast } from "./toast.js";

const PAUSE = 600, KEPT_DAYS = 14, DAY = 864e5;
const SENT = "intake:sent";
const form = document.querySelector("form[data-intake]");

// ---- On this machine --------------------------------------------------------------------

// Storage may be full, or forbidden: then the portal's own draft has to do.
const stored = (work) => { try { return work(); } catch { return null; } };
const prefix = () => `intake:${form.dataset.intake}:`;
const nameOf = (key) => prefix() + key;
const hidden = new Set(["csrfmiddlewaretoken", "submission", "whose", "files", "zone"]);

const values = () => {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (!hidden.has(name) && typeof value === "string" && value) found[name] = value;
  }
  return found;
};
const keep = () => stored(() => localStorage.setItem(nameOf(form.dataset.key), JSON.stringify({ at: Date.now(), values: values() })));
const forget = (name) => stored(() => localStorage.removeItem(name));
const read = (name) => stored(() => JSON.parse(localStorage.getItem(name) ?? "null"));

const copies = () => stored(() => Object.keys(localStorage)
  .filter((name) => name.startsWith(prefix()))
  .map((name) => ({ name, key: name.slice(prefix().length), ...read(name) }))
  .filter(({ name, at }) => (at > Date.now() - KEPT_DAYS * DAY) || forget(name))
  .sort((one, other) => other.at - one.at)) ?? [];

const fill = (kept) => {
  for (const control of form.elements) {
    if (!control.name || hidden.has(control.name) || control.type === "submit") continue;
    const value = kept[control.name] ?? "";
    if (control.type === "radio") control.checked = control.value === value;
    else if (control.type === "checkbox") control.checked = value === control.value;
    else if (control.tagName !== "SELECT" || [...control.options].some((option) => option.value === value)) control.value = value;
  }
};

const carryOn = (key) => {
  form.dataset.key = key;
  form.elements.submission.value = key;
  if (form.action.includes("draft=")) form.action = form.action.replace(/draft=[^&]*/, `draft=${key}`);
};

const restore = () => {
  const own = read(nameOf(form.dataset.key));
  const saved = Date.parse(form.dataset.saved ?? "") || 0;
  if (own && own.at > saved) return bring(own.values);
  if (own) forget(nameOf(form.dataset.key));
  const bare = !location.search && !document.querySelector("[data-focus-here]");
  const last = bare && !own ? copies()[0] : null;
  if (!last) return false;
  carryOn(last.key);
  return bring(last.values);
};

const bring = (kept) => {
  if (JSON.stringify(kept) === JSON.stringify(values())) return false;
  fill(kept);
  toast({ text: "What you had typed is here again.", tone: "green" });
  return true;
};

// What was sent is kept here no longer, once another page than the form or the sign-in answers.
const sent = stored(() => JSON.parse(sessionStorage.getItem(SENT) ?? "null"));
const gone = sent && !(form && nameOf(form.dataset.key) === sent) && !location.pathname.startsWith("/sign-in/");
if (gone) { forget(sent); stored(() => sessionStorage.removeItem(SENT)); }

// ---- Saved and followed -----------------------------------------------------------------

const follow = () => form.dispatchEvent(new Event("follow"));
const follows = () => {
  let timer, asked = "";
  form.addEventListener("input", () => {
    keep();
    clearTimeout(timer);
    timer = setTimeout(follow, PAUSE);
  });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(follow, PAUSE / 3); });
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-follow]")) asked = JSON.stringify(values());
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!event.target.matches("[data-follow]")) return;
    if (event.detail.successful && asked === JSON.stringify(values())) forget(nameOf(form.dataset.key));
    if (event.detail.successful) return;
    const stamp = document.getElementById("intake-saved");
    if (stamp) { stamp.dataset.tone = "amber"; stamp.textContent = "not saved yet; kept on this machine"; }
  });
};

// A file that has come, or that was taken away, counts as a log.
const followsFiles = () => {
  const count = () => document.querySelectorAll("[data-files] .file").length;
  let known = count();
  addEventListener("htmx:afterSwap", () => { if (count() !== known) { known = count(); follow(); } });
};

const sends = () => {
  form.addEventListener("keydown", (event) => {
    // Enter in a line is no wish to send it all.
    if (event.key === "Enter" && event.target.matches("input:not([type=submit], [type=button], [type=checkbox])")) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    keep();
    stored(() => sessionStorage.setItem(SENT, JSON.stringify(nameOf(form.dataset.key))));
    const button = event.submitter;
    setTimeout(() => { button?.setAttribute("aria-busy", "true"); });
  });
  addEventListener("pageshow", () => form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));
};

// ---- The customer's name ----------------------------------------------------------------

const combo = (input, list) => {
  let at = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const show = (open) => {
    list.hidden = !open || !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) pick(-1);
  };
  const pick = (place) => {
    at = place;
    options().forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
    const chosen = options()[at];
    if (chosen) { input.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  const take = (option) => {
    input.value = option.dataset.option;
    show(false);
    input.dispatchEvent(new Event("change", { bubbles: true }));
    keep();
  };
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) input.setAttribute(name, value);
  addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === list) { at = -1; show(document.activeElement === input); } });
  input.addEventListener("blur", () => show(false));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); show(false); return; }
    if (event.key === "Enter" && !list.hidden && options()[at]) { event.preventDefault(); take(options()[at]); return; }
    if (!count || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    show(true);
    pick(event.key === "ArrowDown" ? (at + 1) % count : (at - 1 + count) % count);
  });
};

// Nobody is signed in at a partner's form: the clocks are those of their browser, and the form says so.
const saysZone = (field) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const hint = document.getElementById("id_began_time_helptext");
  if (!zone || !hint) return;
  field.value = zone;
  hint.textContent = `In your own time (${zone.replaceAll("_", " ")}).`;
};

if (form) {
  const zoned = form.querySelector("[data-own-zone]");
  if (zoned) saysZone(zoned);
  const again = restore();
  follows();
  followsFiles();
  sends();
  for (const input of form.querySelectorAll("[data-combo-input]")) {
    const list = input.closest("[data-combo]")?.querySelector("[role=listbox]");
    if (list) combo(input, list);
  }
  document.querySelector("[data-focus-here]")?.focus();
  if (again) addEventListener("load", () => setTimeout(follow), { once: true });
}
