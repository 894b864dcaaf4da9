// <button data-copy="id"> takes the text of that element to the clipboard. Without one the text is marked, to be copied by hand.
import { toast } from "./toast.js";

const mark = (element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
};

addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  const from = button && document.getElementById(button.dataset.copy);
  if (!from) return;
  try {
    await navigator.clipboard.writeText(from.textContent.trim());
    toast({ tone: "green", text: "Copied." });
  } catch {
    mark(from);
    toast({ tone: "amber", text: "The browser does not copy here: it is marked, copy it by hand." });
  }
});
