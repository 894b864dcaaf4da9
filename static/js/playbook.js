// A click in the playbook is answered with the whole pane: what somebody opened stays open, and the keyboard goes on
// from the step that it was at.
let opened = [], at = "";

addEventListener("htmx:beforeSwap", (event) => {
  const { target, elt } = event.detail;
  if (target?.id !== "playbook") return;
  opened = [...target.querySelectorAll("details[id][open]:not([data-now])")].map(({ id }) => id);
  at = elt?.closest?.("#playbook li[id], #playbook details[id]")?.id ?? "";
});

addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  opened = [];
  const place = at && document.getElementById(at);
  at = "";
  if (place && (!document.activeElement || document.activeElement === document.body)) {
    place.querySelector("a, summary")?.focus({ preventScroll: true });
  }
});
