// Tabs that do not fit are moved sideways: the page one is on is in view, not cut off at the edge.
const show = () => {
  for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
    const row = tab.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
};

show();
document.addEventListener("htmx:afterSettle", show);
