// Times that run down. Without a form: "4:12", then "now". With data-countdown-form="left" it speaks, in the words of
// escalations/rules/clocks/words.py: "18 min left", "overdue by 4 min"; the tone and the symbol around it follow.
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

const toned = (place, seconds, now) => {
  const around = place.closest("[data-tone]");
  if (!around) return;
  const near = new Date(place.dataset.countdownNear);
  const tone = seconds <= 0 ? "red" : now >= near ? "amber" : "blue";
  if (around.dataset.tone === tone) return;
  around.dataset.tone = tone;
  const symbol = place.parentElement.querySelector(".icon use");
  symbol?.setAttribute("href", symbol.getAttribute("href").replace(/#.*$/, tone === "red" ? "#fail" : "#clock"));
};

const count = () => {
  const now = new Date();
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const { countdown, countdownBefore: before, countdownForm: form } = place.dataset;
    const seconds = (new Date(countdown) - now) / 1000;
    const said = form === "left" ? spoken(seconds) : digits(seconds);
    const words = before && said !== "now" ? `${before} ${said}` : said;
    if (place.textContent !== words) place.textContent = words;
    if (form === "left") toned(place, seconds, now);
  }
};

count();
setInterval(() => document.hidden || count(), 1000);
addEventListener("visibilitychange", () => document.hidden || count());
addEventListener("htmx:afterSwap", count);
