// The strip of open Sev1s: it turns solid when its update is overdue, and looks now and then whether it is still so.
import { swapIn } from "./fragments.js";

const EVERY = 30_000;

const strip = () => document.getElementById("strip");
const turn = () => {
  const here = strip();
  if (!here || here.hidden) return;
  here.toggleAttribute("data-overdue", Boolean(here.dataset.due) && new Date(here.dataset.due) <= new Date());
};

let asked = Date.now();
const look = async () => {
  const here = strip();
  if (!here || document.hidden || Date.now() - asked < EVERY) return;
  asked = Date.now() + Math.random() * 2_000;
  try {
    const url = `${here.dataset.strip}?on=${encodeURIComponent(location.pathname)}`;
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10_000) });
    if (answer.ok && !answer.redirected) swapIn(await answer.text());
  } catch { /* without a connection what it says stays */ }
  turn();
};

setInterval(() => { turn(); look(); }, 1000);
addEventListener("visibilitychange", look);
