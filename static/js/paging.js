// A page (the paging kind): its keys press the buttons that stand there, and the time to the next step runs down.
const TYPES = "input, textarea, select, [contenteditable]";

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat || event.target.matches?.(TYPES) || document.querySelector("dialog[open]")) return;
  const button = document.querySelector(`[data-paging-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

const left = (seconds) => {
  if (seconds <= 0) return "now";
  const hours = Math.floor(seconds / 3600), minutes = Math.floor((seconds % 3600) / 60);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const count = () => {
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const { countdown, countdownBefore: before } = place.dataset;
    const said = left(Math.ceil((new Date(countdown) - Date.now()) / 1000));
    const words = before && said !== "now" ? `${before} ${said}` : said;
    if (place.textContent !== words) place.textContent = words;
  }
};

if (document.querySelector("[data-live^='/pages/']")) {
  count();
  setInterval(() => document.hidden || count(), 1000);
}
