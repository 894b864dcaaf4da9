// Who else looks at this: a page that is seen says so every ten seconds, and shows who else does.
import { csrf } from "./fragments.js";

const EVERY = 10_000;
let timer = 0;

const place = () => document.querySelector("[data-viewers]");

async function tell(left = false) {
  const here = place();
  if (!here) return;
  const body = new URLSearchParams(left ? { left: "1" } : {});
  const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
  try {
    const answer = await fetch(here.dataset.viewers, { method: "POST", body, headers, keepalive: left });
    if (answer.status === 200 && place() === here) here.innerHTML = await answer.text();
  } catch {
    // Without a connection nobody is seen; the page's own sign says that it is not live.
    here.replaceChildren();
  }
}

function follow() {
  clearInterval(timer);
  if (document.hidden || !place()) return;
  tell();
  timer = setInterval(tell, EVERY);
}

document.addEventListener("visibilitychange", () => (document.hidden ? tell(true) : follow()));
window.addEventListener("pagehide", () => tell(true));
document.addEventListener("htmx:load", () => { if (place() && !place().childElementCount) follow(); });
follow();
