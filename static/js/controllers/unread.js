/** Counts of unread messages beside the other rooms of the case: the only thing that another room changes on this page. */

const SPEAKING = new Set(["message.posted", "exhibit.filed"]);

/** @param {import("../page.js").Page} page */
export function attachUnread(page) {
  page.live?.addEventListener("entry", (event) => {
    const entry = /** @type {CustomEvent} */ (event).detail;
    if (!SPEAKING.has(entry.kind) || entry.author === page.live?.me || entry.room === shownRoom(page)) return;
    const count = document.querySelector(`[data-unread="${CSS.escape(entry.room)}"]`);
    if (!count) return;
    for (const each of [count, document.querySelector("[data-unread-total]")]) if (each) addOne(/** @type {HTMLElement} */ (each));
  });
}

/** @param {import("../page.js").Page} page */
function shownRoom(page) {
  return document.querySelector("[data-thread]") ? page.data?.room : null;
}

/** @param {HTMLElement} count */
function addOne(count) {
  const number = count.querySelector("[data-unread-number]");
  if (number) number.textContent = String(Number(number.textContent) + 1);
  count.hidden = false;
}
