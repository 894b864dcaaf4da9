// form[data-picks]: rows with a checkbox named "pick". Ticks all, counts them, and keeps them when the list is fetched anew.
const boxes = (root = document) => [...root.querySelectorAll("form[data-picks] [name=pick]")];

const count = () => {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-pick-count]")) place.textContent = `${ticked} ticked`;
  for (const box of document.querySelectorAll("[data-pick-all]")) {
    box.checked = all.length > 0 && ticked === all.length;
    box.indeterminate = ticked > 0 && ticked < all.length;
  }
};

addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-pick-all]")) for (const box of boxes()) box.checked = target.checked;
  if (target.matches?.("[data-pick-all], form[data-picks] [name=pick]")) count();
});

let kept = new Set(), chosen = {};
addEventListener("htmx:beforeSwap", () => {
  kept = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  chosen = Object.fromEntries([...document.querySelectorAll("form[data-picks] select")].map(({ id, value }) => [id, value]));
});
addEventListener("htmx:afterSettle", () => {
  if (!document.querySelector("form[data-picks]")) return;
  for (const box of boxes()) if (kept.has(box.value)) box.checked = true;
  for (const [id, value] of Object.entries(chosen)) {
    const select = document.getElementById(id);
    if (select) select.value = value;
  }
  count();
});

count();
