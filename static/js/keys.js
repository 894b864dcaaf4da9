// Keys work the controls that are on the page anyway: links with data-go, [data-filter], [data-search], [data-card].
const TYPES = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
let went = 0;

const shown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
const first = (selector) => [...document.querySelectorAll(selector)].find(shown);

const focusField = (field) => {
  field?.focus();
  field?.select?.();
  return Boolean(field);
};

const columnsOf = () =>
  [...document.querySelectorAll("[data-column-cards]")]
    .map((list) => [...list.querySelectorAll("[data-card]")].filter(shown))
    .filter((cards) => cards.length);

const middle = (card) => { const box = card.getBoundingClientRect(); return box.top + box.height / 2; };

const nearest = (cards, to) =>
  cards.reduce((best, card) => (Math.abs(middle(card) - to) < Math.abs(middle(best) - to) ? card : best));

const walk = (key) => {
  const columns = columnsOf();
  if (!columns.length) return false;
  const card = document.activeElement.closest?.("[data-card]");
  const column = columns.findIndex((cards) => cards.includes(card));
  if (column < 0) {
    // From nowhere an arrow enters the board; inside another control it keeps its own meaning.
    if (document.activeElement !== document.body && document.activeElement.id !== "main") return false;
    columns[0][0].focus();
    return true;
  }
  const cards = columns[column];
  const at = cards.indexOf(card);
  const to = {
    ArrowDown: () => cards[at + 1],
    ArrowUp: () => cards[at - 1],
    Home: () => cards[0],
    End: () => cards.at(-1),
    ArrowRight: () => columns[column + 1] && nearest(columns[column + 1], middle(card)),
    ArrowLeft: () => columns[column - 1] && nearest(columns[column - 1], middle(card)),
  }[key]();
  to?.focus();
  to?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
};

const press = (event) => {
  const { key } = event;
  if (went && Date.now() - went < 1500) {
    went = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  }
  if (key === "/") return focusField(first("[data-filter]") ?? first("[data-search]"));
  if (key === "?") { document.getElementById("keys")?.showModal(); return true; }
  if (key === "p") { const pull = first("[data-pull]"); pull?.click(); return Boolean(pull); }
  if (key === "g") { went = Date.now(); return true; }
  if (/^(Arrow|Home|End)/.test(key)) return walk(key);
  return false;
};

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.altKey && !event.shiftKey) {
    if (focusField(first("[data-search]"))) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches?.(TYPES)) {
    if (event.key === "Escape" && event.target.matches("[data-filter], [data-search]")) event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (press(event)) event.preventDefault();
});
