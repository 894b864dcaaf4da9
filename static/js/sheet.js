// The one dialog about a ticket: links with [data-sheet], and the one on each card, fill and open it, so does the event "sheet" of an answer
// ({"sheet": {"url": …}}). Forms in it answer cards and toasts; once one went through, the dialog closes.
import { takeAnswer } from "./board.js";

const sheet = () => document.getElementById("sheet");

export const openSheet = async (url) => {
  const dialog = sheet();
  if (!dialog) { location.href = url; return; }
  await window.htmx.ajax("GET", url, { source: dialog, target: dialog, swap: "innerHTML" });
  if (!dialog.firstElementChild) return;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".sheet-question :is(select, input:not([type=hidden])), [autofocus]")?.focus();
};

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-sheet], a.card-more");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !sheet()) return;
  event.preventDefault();
  openSheet(link.href);
});

let wanted = "";
addEventListener("sheet", (event) => { wanted = event.detail.url; });

/** What an answer brought: cards, and a question that comes first. Returns whether a dialog follows. */
export const take = (text) => {
  takeAnswer(text);
  const url = wanted;
  wanted = "";
  if (url) openSheet(url);
  return Boolean(url);
};

addEventListener("htmx:afterRequest", (event) => {
  const { xhr, successful, requestConfig, elt } = event.detail;
  if (requestConfig?.verb !== "post" || !xhr) return;
  const follows = take(xhr.responseText);
  if (!successful || follows || xhr.getResponseHeader("HX-Retarget")) return;
  if (elt.closest("#sheet")) sheet().close();
  if (elt.matches("form[data-clears]")) elt.reset();
});

// An element that is fetched anew must not take what is being read with it.
addEventListener("close", (event) => { if (event.target === sheet()) sheet().replaceChildren(); }, true);
