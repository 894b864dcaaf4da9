// What time it is on the server: a laptop's own clock may be minutes off, and a countdown that trusts it says that an
// overdue update has time left. Pages and streams say the server's time. It was said after we asked and before the answer
// came, so how far off we are lies between two bounds; a clock that fits between them is taken as it is.
let off = 0; // ms that the server is ahead

/** This moment by the server's clock, as `Date.now()` says it. */
export const now = () => Date.now() + off;

/** The server said this time; asked and answered are moments of our own clock. */
export const heard = (said, asked, answered) => {
  const server = Date.parse(said);
  if (!Number.isNaN(server)) off = Math.min(Math.max(off, server - answered), server - asked);
};

const [came] = performance.getEntriesByType("navigation");
const began = performance.timeOrigin, ROUGHLY = 5_000;
// A page out of the browser's own store says when it was stored, which is of no use.
if (came && came.transferSize !== 0) heard(document.documentElement.dataset.now, began + came.requestStart, began + came.responseStart);
else if (!came) heard(document.documentElement.dataset.now, Date.now() - ROUGHLY, Date.now());
