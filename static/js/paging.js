// A page (the paging kind): its keys press the buttons that stand there.
const TYPES = "input, textarea, select, [contenteditable]";

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat || event.target.matches?.(TYPES) || document.querySelector("dialog[open]")) return;
  const button = document.querySelector(`[data-paging-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
