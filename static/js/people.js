// The ring that says "you". Cards are drawn once for everybody, so the page, not the card, knows who reads it;
// one rule in a sheet of its own also covers whatever arrives later.
const me = document.body.dataset.me;
if (me && /^[\w-]+$/.test(me)) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    [data-assignee="${me}"] .person-mark { outline: 2px solid var(--accent); outline-offset: -2px; color: var(--ink); }
  `);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
