// Files are sent as they are chosen or dropped, one after another, each with its progress and a way to stop it.
//
// <div data-upload="/escalations/files/" data-upload-name="draft" data-upload-value="…" data-upload-largest="100000000">
// holds an <input type="file">, and a list [data-upload-rows] for what is on its way. What has come stands in [data-files].
// What is chosen beside it, in a field with [data-upload-with], goes along with each file.
import { csrf } from "./fragments.js";

const zoneOf = (target) => target instanceof Element ? target.closest("[data-upload]") : null;
const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
const megabytes = (size) => `${Math.floor(size / 1_000_000)} MB`;

const refresh = async () => {
  const list = document.querySelector("[data-files]");
  if (list) await window.htmx?.ajax("GET", list.dataset.filesUrl, { source: list, target: list, swap: "outerHTML" });
};

const rowFor = (zone, file) => {
  const row = make("li", "upload-row");
  const stop = make("button", "btn btn-small btn-bare", "Cancel");
  const bar = make("progress", "meter");
  stop.type = "button";
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sending ${file.name}`);
  row.append(make("span", "", file.name), stop, bar);
  zone.querySelector("[data-upload-rows]").append(row);
  return { row, stop, bar };
};

const failed = ({ row, stop, bar }, words) => {
  bar.remove();
  row.append(make("p", "error", words));
  stop.textContent = "Dismiss";
  stop.onclick = () => row.remove();
};

/** Why a file did not come, in words, from the answer: JSON, plain words, or nothing at all. */
const why = (asking, file) => {
  if (asking.status === 0) return `${file.name} did not arrive: the connection ended. Choose it again.`;
  try {
    const { refused } = JSON.parse(asking.responseText);
    if (refused?.length) return refused.join(" ");
  } catch { /* no JSON */ }
  if (asking.status === 413) return `${file.name} is larger than the portal takes here.`;
  if (asking.status === 507) return "The portal's disk is full: nothing was stored.";
  if (asking.responseURL.includes("/sign-in/")) return "You are signed out. Sign in in another tab, then choose it again.";
  if (asking.status === 403 || asking.status === 404) return "You may not add files here, or this was sent already.";
  return `${file.name} was not taken. Try again in some minutes.`;
};

const taken = (asking) => {
  if (asking.status !== 201) return false;
  try { return JSON.parse(asking.responseText).files.length > 0; } catch { return false; }
};

const send = (zone, file) => new Promise((done) => {
  const parts = rowFor(zone, file);
  const largest = Number(zone.dataset.uploadLargest);
  if (file.size > largest) { failed(parts, `${file.name} is larger than ${megabytes(largest)}. Pack it, or send it in parts.`); done(); return; }
  if (!file.size) { failed(parts, `${file.name} is empty.`); done(); return; }
  const form = new FormData();
  form.set(zone.dataset.uploadName, zone.dataset.uploadValue);
  if (zone.querySelector("[name=internal]")?.checked) form.set("internal", "1");
  for (const field of zone.parentElement.querySelectorAll("[data-upload-with]")) {
    if (field.type !== "checkbox" || field.checked) form.set(field.name, field.value);
  }
  form.set("files", file);
  const asking = new XMLHttpRequest();
  asking.open("POST", zone.dataset.upload);
  asking.setRequestHeader("Accept", "application/json");
  asking.setRequestHeader("X-CSRFToken", csrf());
  asking.upload.onprogress = ({ loaded, total }) => { parts.bar.value = Math.round((loaded / total) * 100); };
  asking.onloadend = async () => {
    if (parts.stopped) parts.row.remove();
    else if (taken(asking)) { parts.row.remove(); await refresh(); }
    else failed(parts, why(asking, file));
    done();
  };
  parts.stop.onclick = () => { parts.stopped = true; asking.abort(); };
  asking.send(form);
});

let last = Promise.resolve();
let waiting = 0;
const sendAll = (zone, files) => {
  for (const file of files) {
    waiting += 1;
    last = last.then(() => send(zone, file)).finally(() => { waiting -= 1; });
  }
};

// Whoever leaves the page, by sending its form too, would lose what is still on its way: the browser asks first.
addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });

// Before anybody else: the files are not part of the form any more, and a draft is not saved for them.
document.addEventListener("change", (event) => {
  const zone = event.target.type === "file" && zoneOf(event.target);
  if (!zone || !event.target.files.length) return;
  event.stopPropagation();
  sendAll(zone, [...event.target.files]);
  event.target.value = "";
}, { capture: true });

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  const zone = zoneOf(event.target);
  for (const other of document.querySelectorAll("[data-upload][data-over]")) if (other !== zone) delete other.dataset.over;
  if (!zone) return;
  event.preventDefault();
  zone.dataset.over = "";
});
document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event.target);
  if (zone && !zone.contains(event.relatedTarget)) delete zone.dataset.over;
});
document.addEventListener("drop", (event) => {
  const zone = carriesFiles(event) && zoneOf(event.target);
  if (!zone) return;
  event.preventDefault();
  delete zone.dataset.over;
  sendAll(zone, [...event.dataTransfer.files]);
});

// On a page that follows an escalation the list is fetched anew when something happened to it.
document.addEventListener("live:stale", refresh);

// The list does not change under somebody who is just deciding about a file, or is at one with the keyboard: it is asked
// for again a moment later.
let later = 0;
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.target;
  if (!list.matches?.("[data-files]") || !list.querySelector(".confirm[open], :focus-visible")) return;
  event.preventDefault();
  clearTimeout(later);
  later = setTimeout(refresh, 2_000);
});
