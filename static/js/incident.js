// An incident's page. What arrives over its stream (incidents/actions/news.py):
//   entry         a line of the timeline, new or changed: put where its time says, unless a filter hides it
//   gone          the id of a line that was taken back
//   works, reads  parts that changed, as those who take part see them, and as all others do
// What is drawn begins with a number, <!--812-->: what was read earlier takes no place of what was read later.
// A part in which somebody types waits until they leave it. On a phone the panes are tabs: the root says which.
import { csrf, keeping, refetch } from "./fragments.js";
import { freshen } from "./times.js";

const PANES = ["playbook", "timeline", "update"];
const SOON = 900; // ms in which the stream brings what was just done; else it is fetched

const page = () => document.getElementById("incident");
const entries = () => document.getElementById("entries");
const made = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
};

const drawn = new Map();
const isOld = (id, html) => {
  const number = Number(/^<!--(\d+)-->/.exec(html)?.[1] ?? 0);
  if (!number) return false;
  if (number <= Math.max(drawn.get(id) ?? 0, Number(page()?.dataset.liveId ?? 0))) return true;
  drawn.set(id, number);
  return false;
};

// ---- The timeline ---------------------------------------------------------------------

const pane = () => document.getElementById("timeline");
const chosen = (line) => {
  const topic = pane()?.dataset.topic ?? "";
  if (!topic) return !("folded" in line.dataset);
  return topic === "pinned" ? "pinned" in line.dataset : line.dataset.topic === topic;
};
const after = (one, other) =>
  one.dataset.at === other.dataset.at ? idOf(one) > idOf(other) : one.dataset.at > other.dataset.at;
const idOf = (line) => Number(line.id.replace("entry-", ""));

const count = (by) => {
  for (const place of document.querySelectorAll("[data-entries]")) place.textContent = Number(place.textContent) + by;
};
const emptied = () => {
  const none = document.getElementById("no-entries");
  if (none) none.hidden = Boolean(entries()?.childElementCount);
};
const ready = (line) => { freshen(line); window.htmx?.process(line); };

const drop = (line) => keeping(async () => { line.remove(); count(-1); emptied(); });

const put = (line) => {
  const list = entries(), old = document.getElementById(line.id);
  if (!list) return;
  if (old && !chosen(line)) { drop(old); return; }
  if (old && old.dataset.at === line.dataset.at) { keeping(async () => { old.replaceWith(line); ready(line); }); return; }
  if (!chosen(line)) return;
  if (!old) count(1);
  const below = [...list.children].find((one) => one !== old && after(line, one));
  // Older than all that is drawn: it comes with the older ones. Newer than a page of the past: a link leads there.
  if (!below && list.childElementCount && document.getElementById("older")?.hidden === false) { old?.remove(); return; }
  if ("anchored" in pane().dataset && below === list.firstElementChild) return;
  keeping(async () => {
    old?.remove();
    list.insertBefore(line, below ?? null);
    ready(line);
    line.classList.add("entry-new");
    emptied();
  });
};

document.addEventListener("live:entry", ({ detail }) => {
  const line = made(detail.html).querySelector("li.entry");
  if (line && !isOld(line.id, detail.html)) put(line);
});
document.addEventListener("live:gone", ({ detail }) => {
  const line = document.getElementById(`entry-${detail.html.trim()}`);
  if (line) drop(line);
});
// What was just done is shown by the stream; while that is away, by fetching the timeline.
const following = () => pane().querySelector("[data-live-state]")?.dataset.state === "live";
addEventListener("line", ({ detail: { id, there } }) => {
  setTimeout(() => {
    if (!pane() || following() && Boolean(document.getElementById(`entry-${id}`)) === there) return;
    refetch(pane());
  }, SOON);
});

// ---- Its other parts ------------------------------------------------------------------

const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=submit], [type=button])";
const typing = (part) =>
  Boolean(part.querySelector(".htmx-request")) || // taken away meanwhile, its answer and its toast would be lost
  part.contains(document.activeElement) && document.activeElement.matches(TYPED)
  || [...part.querySelectorAll(TYPED)].some((field) => field.value !== field.defaultValue && field.checkVisibility());

const held = new Map();
const replace = (part) => {
  const old = document.getElementById(part.id);
  if (!old) return;
  // What the reader folded or unfolded stays as they have it; a stage that is entered now unfolds by itself.
  for (const box of old.querySelectorAll("details[id]")) {
    const same = part.querySelector(`#${CSS.escape(box.id)}`);
    if (same && ("now" in same.dataset) === ("now" in box.dataset)) same.open = box.open;
  }
  for (const word of part.querySelectorAll("[data-zone-word]")) word.textContent = page()?.dataset.zoneHere ?? "";
  freshen(part);
  old.replaceWith(part);
  window.htmx?.process(part);
};
const take = (html) => {
  const parts = [...made(html).children].filter(
    (part) => part.id && document.getElementById(part.id) && !isOld(part.id, html),
  );
  keeping(async () => {
    for (const part of parts) {
      if (typing(document.getElementById(part.id))) held.set(part.id, part);
      else { held.delete(part.id); replace(part); }
    }
  });
};
const release = () => {
  for (const [id, part] of held) {
    const old = document.getElementById(id);
    if (old && typing(old)) continue;
    held.delete(id);
    if (old) keeping(async () => replace(part));
  }
};

document.addEventListener("live:works", ({ detail }) => take(detail.html));
document.addEventListener("live:reads", ({ detail }) => take(detail.html));
document.addEventListener("live:stale", () => held.clear());
addEventListener("focusout", () => setTimeout(release));
addEventListener("htmx:afterSettle", () => held.size && release());

// What is typed elsewhere is put back into the page that was fetched again.
let typed = [];
addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target?.id !== "incident") return;
  typed = [...detail.target.querySelectorAll(TYPED)]
    .filter((field) => field.id && field.value !== field.defaultValue && !field.closest("[hx-preserve]"))
    .map(({ id, value }) => [id, value]);
});
addEventListener("htmx:afterSwap", () => {
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  typed = [];
});

// What was drawn for everybody holds no token; the reader's own is put in as they send.
addEventListener("submit", ({ target }) => {
  if (!page()?.contains(target) || target.method !== "post") return;
  const field = target.querySelector("[name=csrfmiddlewaretoken]") ?? target.appendChild(
    Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken" }),
  );
  field.value ||= csrf();
}, true);

// ---- Keys -----------------------------------------------------------------------------

const KEYS = {
  u: ["#update-summary"],
  n: ["#note textarea"],
  p: ["#playbook .step-now .btn", "#playbook .step-now .step-title", "#playbook [data-now] .stage-way .btn"],
};
addEventListener("keydown", (event) => {
  if (!page() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches?.(`${TYPED}, select, [contenteditable]`) || document.querySelector("dialog[open]")) return;
  if (event.key === "s") { document.querySelector("#inc-due [href$='#snooze']")?.click(); return; }
  const place = KEYS[event.key]?.map((one) => document.querySelector(one)).find(Boolean);
  if (!place) return;
  event.preventDefault();
  place.closest("details:not([open])")?.setAttribute("open", "");
  location.hash = place.closest(".inc-pane").id;
  show();
  place.focus();
  place.scrollIntoView({ block: "center" });
});

// ---- Tabs of a phone ------------------------------------------------------------------

let shown = "";
const show = () => {
  if (!page()) { delete document.documentElement.dataset.incPane; return; }
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const around = target && PANES.find((id) => document.getElementById(id)?.contains(target));
  shown = around || shown || "timeline";
  document.documentElement.dataset.incPane = shown;
  for (const tab of document.querySelectorAll(".inc-tabs > a")) {
    if (tab.hash === `#${shown}`) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
};

// A pane that was not shown when the address changed could not be gone to.
addEventListener("hashchange", () => {
  const before = shown;
  show();
  if (shown !== before) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
});
addEventListener("htmx:afterSettle", show);
show();
if (page() && location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
