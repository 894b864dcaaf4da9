// Toasts: drawn by the server from its messages, or here from an HX-Trigger header:
// {"toast": {"text": "MM-1 moved.", "tone": "green", "undo": "/tickets/MM-1/undo/7/"}}
const STAYS = 7000, MOST = 3;
const icons = { green: "done", red: "fail", amber: "incident", grey: "info" };
const place = document.getElementById("toasts");
const sprite = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0];

const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
};

const leaves = (toast) => {
  // What went wrong stays until it was read and closed.
  if (toast.dataset.tone === "red") return;
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), STAYS); };
  const hold = () => clearTimeout(timer);
  for (const [enter, leave] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
    toast.addEventListener(enter, hold);
    toast.addEventListener(leave, start);
  }
  start();
};

export const toast = ({ text, tone = "grey", undo = "" }) => {
  if (!place) return;
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.tone = tone;
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(icon(icons[tone] || "info"), words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-small btn-bare";
    button.setAttribute("hx-post", undo);
    button.setAttribute("hx-swap", "none");
    button.append(icon("undo"), "Undo");
    // It stays in the page, unseen, until the answer is in: what is swapped is looked for from here.
    button.addEventListener("click", () => setTimeout(() => { box.hidden = true; }));
    button.addEventListener("htmx:afterRequest", () => box.remove());
    box.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-bare btn-icon btn-small";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("close"));
  box.append(close);
  const others = [...place.querySelectorAll("[data-toast]:not([data-tone=red], [hidden])")];
  for (const old of others.slice(0, Math.max(0, others.length - MOST + 1))) old.remove();
  place.append(box);
  window.htmx?.process(box);
  leaves(box);
};

for (const drawn of place?.querySelectorAll("[data-toast]") ?? []) leaves(drawn);
addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
});

addEventListener("toast", (event) => toast(event.detail));
// What asks for itself, again and again, says nothing when nobody answers.
const quiet = (event) => event.detail.elt?.matches?.("[data-live], [data-quiet]");
addEventListener("htmx:sendError", (event) => {
  if (!quiet(event)) toast({ tone: "red", text: "No connection: nothing was sent. Try again in a moment." });
});
addEventListener("htmx:timeout", (event) => quiet(event) || toast({ tone: "red", text: "The portal took longer than 15 s to answer." }));
addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt?.matches?.("[data-quiet]")) return;
  const { status } = event.detail.xhr;
  const text = {
    401: "You are signed out. Sign in again; nothing was saved.",
    403: "You may not do that.",
    404: "That is not there any more.",
    409: "Somebody else changed it first. Look again before you decide.",
    429: "Too many requests. Wait a moment.",
  }[status] ?? `The portal answered with an error (${status}). It has been recorded.`;
  toast({ tone: "red", text });
});
