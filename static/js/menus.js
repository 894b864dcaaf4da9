// Menus are <details>: they open without a script. This only closes them again where a menu would.
const open = () => document.querySelectorAll("details[data-menu][open]");

addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  // A click on the backdrop is a click on the dialog itself.
  if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
});

// Enter in a field that stands beside a button of its own, in a form that has others too, is meant as that button.
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-enter]")) return;
  event.preventDefault();
  event.target.parentElement.querySelector("button").click();
});
