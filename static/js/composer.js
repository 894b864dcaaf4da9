// The composer: chips follow the fields, a template is there once it is chosen, Ctrl+Enter sends, and copying says what
// is still open. All of it goes through the form's own buttons, which work without this.
import { csrf } from "./fragments.js";
import { toast } from "./toast.js";

const PATIENCE = 15_000;
const PAUSE = 700, EVERY = 4_000; // ms after the last key, and while somebody goes on typing
let timer = 0, told = 0;
const boxOf = (element) => element?.closest?.("[data-composer]");
const press = (box, name) => box.querySelector(`[data-composer-${name}]`)?.click();
const fieldsOf = (box) => [...box.querySelectorAll("[data-value]")];
const leftOut = (box, key) => box.querySelector(`[data-leave="${CSS.escape(key)}"]`)?.checked ?? false;
const open = (box) => fieldsOf(box).filter((field) => !field.value.trim() && !leftOut(box, field.dataset.value));

// rules.composing.why_not says the same words.
const why = (names) => {
  if (!names.length) return "";
  const said = names.map((name) => `“${name}”`);
  return said.length > 1 ? `Fill in ${said.slice(0, -1).join(", ")} and ${said.at(-1)} to send` : `Fill in ${said[0]} to send`;
};

const follow = (box, field) => {
  const { value: key, name } = field.dataset;
  const out = leftOut(box, key), text = field.value.trim();
  for (const chip of box.querySelectorAll(`[data-slot="${CSS.escape(key)}"]`)) {
    chip.textContent = text || name;
    chip.classList.toggle("slot-gone", out);
    chip.toggleAttribute("data-missing", !text && !out);
    if (text || out) delete chip.dataset.tone; else chip.dataset.tone = "amber";
  }
  const place = field.closest("[data-composer-field]");
  if (text || out) { delete place.dataset.tone; field.removeAttribute("aria-invalid"); } else place.dataset.tone = "amber";
  weigh(box);
};

// Without a script the button is pressed anyway, and what is open comes back marked.
const weigh = (box) => {
  const missing = open(box).map((one) => one.dataset.name);
  const words = box.querySelector("[data-composer-why]"), send = box.querySelector("[data-composer-send]");
  words.textContent = why(missing);
  words.parentElement.hidden = !missing.length;
  if (missing.length) send?.setAttribute("aria-disabled", "true"); else send?.removeAttribute("aria-disabled");
};

addEventListener("input", ({ target }) => {
  const box = boxOf(target);
  if (!box) return;
  if (target.matches("[data-value]")) {
    const leave = box.querySelector(`[data-leave="${CSS.escape(target.dataset.value)}"]`);
    if (leave && target.value.trim()) leave.checked = false;
    follow(box, target);
  }
  if (target.matches("[data-composer-text]")) {
    clearTimeout(timer);
    timer = setTimeout(() => keep(box), Date.now() - told > EVERY ? 0 : PAUSE);
  }
  if (target.matches("[data-leave]")) follow(box, fieldsOf(box).find((field) => field.dataset.value === target.dataset.leave));
});

// What somebody changed by hand would go with another template: it can be had back.
let kept = null;
addEventListener("change", ({ target }) => {
  const box = boxOf(target);
  if (!box) return;
  if (target.matches("[data-composer-template]")) {
    const text = box.querySelector("[data-composer-text]");
    kept = text.value.trim() && text.value !== (text.dataset.body ?? "") ? text.value : null;
    press(box, "choose");
  } else if (target.matches("[data-value], [data-leave], [name=ways], [name=asks]")) keep(box);
});

const giveBack = (box) => {
  const button = document.createElement("button"), words = kept;
  Object.assign(button, { type: "button", className: "btn btn-small", textContent: "My text back" });
  button.addEventListener("click", () => {
    box.querySelector("[data-composer-text]").value = words;
    press(box, "draw");
  });
  box.querySelector(".composer-head").append(button);
  kept = null;
};

const ask = (box, what) => {
  const form = box.querySelector("form"), said = new FormData(form);
  said.set("do", what);
  return fetch(form.action, {
    method: "POST", body: new URLSearchParams(said), signal: AbortSignal.timeout(PATIENCE),
    headers: { "X-CSRFToken": csrf(), "HX-Request": "true", "HX-Target": "composer" },
  });
};

// Kept with the draft; when it cannot be, what was typed still stands on the page.
const keep = (box) => {
  clearTimeout(timer);
  if (!box.isConnected || box.dataset.sent !== undefined || !box.querySelector("[name=seen]")) return;
  told = Date.now();
  ask(box, "keep").catch(() => {});
};

// What is open is asked of what was drawn: a text that was edited may hold a placeholder that has no field here yet.
const markdownOf = async (box) => {
  const response = await ask(box, "copy");
  if (!response.ok) throw new Error(response.status);
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
  return { text: drawn.querySelector("[data-composer-markdown]").value, missing: open(drawn).map((one) => one.dataset.name) };
};

const copy = async (box) => {
  try {
    const { text, missing } = await markdownOf(box);
    await navigator.clipboard.writeText(text);
    toast(missing.length
      ? { tone: "amber", text: `Copied, but not whole: ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} still open.` }
      : { tone: "green", text: "Copied as Markdown." });
  } catch { copying = true; press(box, "copy"); } // without a clipboard it is drawn, and marked to be copied by hand
};

let copying = false;
addEventListener("click", (event) => {
  const box = boxOf(event.target);
  if (!box) return;
  const chip = event.target.closest("[data-slot]");
  if (chip) { fieldsOf(box).find((field) => field.dataset.value === chip.dataset.slot)?.focus(); return; }
  if (event.target.closest("[data-composer-send][aria-disabled=true]")) {
    event.preventDefault();
    open(box)[0]?.focus();
    return;
  }
  if (event.target.closest("[data-composer-copy]") && navigator.clipboard && !copying) {
    event.preventDefault();
    copy(box);
    return;
  }
  if (event.target.closest("[data-composer-shown]") && !getSelection()?.toString()) {
    box.querySelector("[data-composer-edit]").open = true;
    box.querySelector("[data-composer-text]").focus();
  }
}, true);

// A draft that arrives after the message itself would stand in the field again.
addEventListener("submit", ({ target, submitter }) => {
  if (!submitter?.matches("[data-composer-send]")) return;
  boxOf(target)?.setAttribute("data-sent", "");
  sent = { after: newest(), by: Date.now() + PATIENCE };
}, true);

// What one sent is shown once it is in the thread, and the composer below it stays at hand.
let sent = null;
const newest = () => Math.max(0, ...[...document.querySelectorAll("#messages [id^='message-']")].map((one) => Number(one.id.slice(8)) || 0));
const showSent = () => {
  if (!sent || document.querySelector("#composer [role=alert]")) { sent = null; return; }
  const last = newest();
  if (last <= sent.after) { if (Date.now() > sent.by) sent = null; return; }
  sent = null;
  document.getElementById(`message-${last}`)?.scrollIntoView({ block: "center" });
};

addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  if (!box || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  press(box, "send");
});

// Placeholders that came or went by hand are drawn anew once the text is folded away.
addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("[data-composer-edit]") || target.open || !target.isConnected) return;
  press(boxOf(target), "draw");
}, true);

const PLACEHOLDER = /\{\{[^{}\n]{1,80}\}\}/;
addEventListener("focusout", ({ target }) => {
  const box = boxOf(target);
  if (!box || !target.matches("[data-composer-text]")) return;
  // A first placeholder typed into a plain text has no field yet.
  if (!fieldsOf(box).length && PLACEHOLDER.test(target.value)) setTimeout(() => { if (target.isConnected) press(box, "draw"); }, 150);
});

// Choosing is enough: the button that does it without a script goes, and focus stands where work goes on.
const settle = (fresh) => {
  const box = document.getElementById("composer");
  if (!box?.matches("[data-composer]")) return;
  box.querySelector("[data-composer-choose]").hidden = true;
  weigh(box);
  if (!fresh) return;
  if (kept) giveBack(box);
  const result = box.querySelector("[data-composer-result]");
  if (copying) { copying = false; box.querySelector("[data-composer-markdown]")?.select(); } else if (result) result.focus();
  else if (!box.contains(document.activeElement)) (box.querySelector("[aria-invalid]") ?? open(box)[0] ?? box.querySelector("[data-composer-send]"))?.focus({ preventScroll: true });
};

// The thread is fetched anew above a composer that stays: what has come is seen.
const see = () => {
  const seen = document.querySelector("#composer [name=seen]");
  const last = newest();
  if (seen && last > Number(seen.value)) seen.value = last;
};

settle(false);
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig?.elt?.id === "escalation") see();
  settle(detail.requestConfig?.elt?.id === "composer-form");
  showSent();
});
