// Not a module and not deferred: a chosen theme must stand before the first paint.
(() => {
  const root = document.documentElement;
  const order = ["system", "light", "dark"];
  let now = "system";
  try { now = localStorage.getItem("theme") || "system"; } catch { /* storage may be refused */ }
  if (!order.includes(now)) now = "system";

  root.dataset.js = "";

  const show = () => {
    root.dataset.themeChoice = now;
    if (now === "system") root.removeAttribute("data-theme");
    else root.dataset.theme = now;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      const said = `Theme: ${now === "system" ? "as the system" : now}`;
      button.title = said;
      const word = button.querySelector("[data-theme-word]");
      if (word) word.textContent = said;
    }
    for (const choice of document.querySelectorAll("[data-theme-choose]")) choice.checked = choice.value === now;
  };
  const choose = (theme) => {
    now = theme;
    try { localStorage.setItem("theme", now); } catch { /* keeps for this page only */ }
    show();
  };

  show();
  addEventListener("DOMContentLoaded", show);
  addEventListener("storage", (event) => {
    if (event.key === "theme" && order.includes(event.newValue)) { now = event.newValue; show(); }
  });
  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-switch]")) choose(order[(order.indexOf(now) + 1) % order.length]);
  });
  addEventListener("change", (event) => {
    if (event.target.matches?.("[data-theme-choose]")) choose(event.target.value);
  });
})();
