// form[data-filters]: a plain GET form; with a script it sends itself, and leaves out of the address what is not set.
const WAIT = 250;
const timers = new WeakMap();

const send = (form, wait) => {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.requestSubmit(), wait));
};

addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-filters]");
  if (form && event.target.matches("input[type=search], input[type=text]")) send(form, WAIT);
});

addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-filters]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) send(form, 0);
});

addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches?.("form[data-filters]")) return;
  for (const [name, value] of [...event.detail.formData]) if (value === "") event.detail.formData.delete(name);
});
