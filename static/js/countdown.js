// Times that run down. Without a form: "4:12", then "now". With data-countdown-form="left" it speaks, in the words of
// escalations/rules/clocks/words.py: "18 min left", "overdue by 4 min"; the tone and the symbol around it follow.
// data-countdown-form="large" is an incident's: digits alone, which count up once it is overdue; the word stands in
// .countdown-word. With data-countdown-title the tab says it too, also while it is hidden.
import { now as serverNow } from "./clock.js";
import { swapIn } from "./fragments.js";

const MINUTE = 60, HOUR = 3600;
const two = (number) => String(number).padStart(2, "0");

const digits = (seconds) => {
  if (seconds <= 0) return "now";
  const whole = Math.ceil(seconds), hours = Math.floor(whole / HOUR), minutes = Math.floor((whole % HOUR) / MINUTE);
  return hours ? `${hours}:${two(minutes)}:${two(whole % MINUTE)}` : `${minutes}:${two(whole % MINUTE)}`;
};

const length = (seconds) => {
  const minutes = Math.max(Math.floor(seconds / MINUTE), 1), hours = Math.floor(minutes / 60);
  if (!hours) return `${minutes} min`;
  if (hours < 24) return minutes % 60 ? `${hours} h ${two(minutes % 60)}` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
};

const spoken = (seconds) =>
  seconds <= 0 ? `overdue by ${length(-seconds)}` : `${length(Math.ceil(seconds / MINUTE) * MINUTE)} left`;

// As incidents/rules/promises.py says it.
const large = (seconds) => (seconds > 0 ? digits(seconds) : digits(Math.floor(-seconds) || 0).replace("now", "0:00"));

const toned = (place, seconds, now) => {
  const around = place.closest("[data-tone]");
  if (!around) return;
  const near = new Date(place.dataset.countdownNear);
  const tone = seconds <= 0 ? "red" : now >= near ? "amber" : "blue";
  if (around.dataset.tone === tone) return;
  around.toggleAttribute("data-overdue", seconds <= 0);
  around.dataset.tone = tone;
  const symbol = (place.closest(".dock-clock") ?? place.parentElement).querySelector(".icon use");
  symbol?.setAttribute("href", symbol.getAttribute("href").replace(/#.*$/, tone === "red" ? "#fail" : "#clock"));
};

const worded = (place, seconds) => {
  const word = place.parentElement.querySelector(".countdown-word"), now = seconds <= 0 ? "overdue" : "left";
  if (word && word.textContent !== now) word.textContent = now;
  announce(place, seconds);
};

// Whoever does not see the digits hears ten minutes, five minutes, and that it is overdue; each once.
const announce = (place, seconds) => {
  const said = place.closest("[data-tone]")?.querySelector("[data-countdown-said]");
  if (!said) return;
  const stage = seconds <= 0 ? "overdue" : seconds <= 300 ? "due in 5 minutes" : seconds <= 600 ? "due in 10 minutes" : "";
  const before = said.dataset.countdownSaid;
  if (before === stage) return;
  said.dataset.countdownSaid = stage || "later";
  if (before) said.textContent = stage ? `The next update is ${stage}` : "";
};

const count = () => {
  const now = new Date(serverNow());
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const { countdown, countdownBefore: before, countdownForm: form } = place.dataset;
    const seconds = (new Date(countdown) - now) / 1000;
    const said = form === "left" ? spoken(seconds) : form === "large" ? large(seconds) : digits(seconds);
    const words = before && said !== "now" ? `${before} ${said}` : said;
    if (place.textContent !== words) place.textContent = words;
    if (form === "large") worded(place, seconds);
    if (form === "left" || form === "large") toned(place, seconds, now);
  }
};

// ---- The tab's title --------------------------------------------------------------------

const EVERY = 60_000;
const plain = document.title;
let asked = 0;

// A hidden tab has no stream: before it says that an update is overdue it asks, and then once a minute.
const ask = async (url) => {
  if (Date.now() - asked < EVERY) return;
  asked = Date.now() + Math.random() * 5_000;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) });
    if (answer.ok && !answer.redirected) swapIn(await answer.text());
  } catch { /* without a network what it says stays */ }
};

const title = () => {
  const place = document.querySelector("[data-countdown-title]");
  const seconds = place ? (new Date(place.dataset.countdown) - serverNow()) / 1000 : 0;
  if (place && document.hidden && seconds <= 0) ask(place.dataset.countdownAgain);
  const said = place ? `${large(seconds)} ${seconds <= 0 ? "overdue" : "left"} · ${place.dataset.countdownTitle}` : plain;
  const words = place && seconds <= 0 ? `⚠ ${said}` : said;
  if (document.title !== words) document.title = words;
};

count();
title();
setInterval(() => { title(); document.hidden || count(); }, 1000);
addEventListener("visibilitychange", () => document.hidden || count());
addEventListener("htmx:afterSwap", count);
