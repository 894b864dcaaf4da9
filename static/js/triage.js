// Triage by keyboard: the keys work the links and buttons of the page, [data-triage-key]; Enter is the form's own.
const page = () => document.querySelector("[data-triage]");
const TYPED = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const SAME = { u: "z", ArrowRight: "j", ArrowLeft: "k" };
const control = (key) => page().querySelector(`[data-triage-key="${CSS.escape(key)}"]`);
const form = () => page().querySelector("[data-verb-form]");

// The address says which bug is read, also before anybody has chosen one: what is fetched again is then the same.
const settle = () => {
  const here = page()?.dataset.here;
  if (here && !new URLSearchParams(location.search).get("ticket")) history.replaceState(history.state, "", here);
};

// The rail stands outside of what is drawn anew.
const count = () => {
  const number = page()?.querySelector("#triage-q + .count")?.textContent.trim();
  for (const place of document.querySelectorAll('.nav a[data-go="r"] .count, .bottombar a[data-go="r"] .count')) {
    place.hidden = !Number(number);
    if (number) place.firstChild.textContent = number;
  }
};

// Several in a minute: the last one is said, and what was said before stands in the list of what was decided.
addEventListener("toast", () => {
  if (!page()) return;
  for (const old of [...document.querySelectorAll("[data-toast]:not([data-tone=red])")].slice(0, -1)) old.remove();
});

const press = (key) => {
  const found = control(SAME[key] ?? key);
  if (!found || found.disabled) return false;
  found.click();
  return true;
};

const choose = (number) => {
  const option = form()?.querySelector(`[data-number="${number}"]:not(:disabled)`);
  if (!option) return false;
  option.checked = true;
  option.focus();
  return true;
};

// While words are typed the arrows pick among what was found, and Enter takes what is picked.
const pick = (field, step) => {
  const found = [...document.getElementById(field.dataset.picks).querySelectorAll("input[type=radio]")];
  if (!found.length) return false;
  const at = found.findIndex((option) => option.checked);
  const option = found[Math.min(Math.max(at + step, 0), found.length - 1)];
  option.checked = true;
  option.closest("label").scrollIntoView({ block: "nearest" });
  return true;
};

const typed = (event) => {
  const { key, target } = event;
  if (key === "Escape") return press("Escape");
  if (key === "Enter" && event.ctrlKey && target.matches("textarea")) { target.form.requestSubmit(); return true; }
  if (target.dataset.picks && (key === "ArrowDown" || key === "ArrowUp")) return pick(target, key === "ArrowDown" ? 1 : -1);
  return false;
};

// Enter confirms what is open, wherever the focus is that no other control has.
const confirm = () => {
  const at = document.activeElement;
  if (!form() || !(at === document.body || at.matches("#main, #triage-title, .triage-read > .panel-body"))) return false;
  form().requestSubmit();
  return true;
};

// While an answer is awaited, keys are kept and pressed when it is there: who types fast means what comes next.
let busy = 0;
const held = [];

const act = (key) => {
  if (key === "Enter") return confirm();
  return /^[1-9]$/.test(key) ? choose(key) : press(key);
};

const release = () => {
  clearTimeout(busy);
  busy = 0;
  while (!busy && held.length) {
    const key = held.shift();
    if (!act(key) && key === "Enter" && form()?.contains(document.activeElement)) form().requestSubmit();
  }
};

const drawsTriage = ({ detail }) => ["triage", "triage-verbs"].includes(detail.target?.id);

addEventListener("htmx:beforeRequest", (event) => {
  if (page() && drawsTriage(event)) { clearTimeout(busy); busy = setTimeout(release, 5000); }
});
// What is put in settles a moment later, and has the focus only then.
addEventListener("htmx:afterRequest", (event) => { if (busy && drawsTriage(event)) setTimeout(release, 50); });

const ours = (key) => key.length === 1 || key in SAME || key === "Escape" || key === "Enter";

addEventListener("keydown", (event) => {
  if (!page() || event.defaultPrevented || event.isComposing || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.target.matches?.(TYPED)) {
    if (page().contains(event.target) && typed(event)) event.preventDefault();
    return;
  }
  if (event.ctrlKey) return;
  const { key } = event;
  // Inside a group of radio buttons the arrows are its own.
  if (key.startsWith("Arrow") && event.target.matches?.("input[type=radio]")) return;
  if (!ours(key)) return;
  if (busy) { held.push(key); event.preventDefault(); return; }
  if (act(key)) event.preventDefault();
});

addEventListener("htmx:afterSettle", ({ target }) => {
  if (!page()) return;
  settle();
  count();
  if (!["triage", "triage-verbs"].includes(target.id) && !page().contains(target)) return;
  if (target.id === "triage-queue" || target.id === "triage-similar") return;
  const wanted = form()?.querySelector("[autofocus]") ?? form()?.querySelector("input:not([type=hidden]):not(:disabled)");
  if (wanted) wanted.focus({ preventScroll: true });
  if (wanted && form()) form().scrollTop = 0;
  // The bug that is read now is what comes next, for who listens too.
  else if (document.activeElement === document.body) document.getElementById("triage-title")?.focus({ preventScroll: true });
});

if (page()) {
  settle();
  page().querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  form()?.querySelector("[autofocus]")?.focus({ preventScroll: true });
}
