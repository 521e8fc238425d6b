/** The rooms beside the page: how much is unread in each, and who reads it. All that another room changes on this page. */
import { ask } from "../models/transport.js";

const SPEAKING = new Set(["message.posted", "exhibit.filed"]);

/** @param {import("../page.js").Page} page */
export function attachNav(page) {
  page.live?.addEventListener("entry", (event) => {
    const entry = /** @type {CustomEvent} */ (event).detail;
    if (!SPEAKING.has(entry.kind) || entry.author === page.live?.me || entry.room === shownRoom(page)) return;
    const count = document.querySelector(`[data-unread="${CSS.escape(entry.room)}"]`);
    if (!count) return;
    for (const each of [count, document.querySelector("[data-unread-total]")]) if (each) addOne(/** @type {HTMLElement} */ (each));
  });
  page.live?.addEventListener("audience", (event) => writeReaders(/** @type {CustomEvent} */ (event).detail.room));
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

/** @param {string} room */
async function writeReaders(room) {
  const note = document.querySelector(`.nav__room[href="/rooms/${CSS.escape(room)}"] small`);
  if (!note) return;
  try {
    const fresh = new DOMParser().parseFromString(await ask(`/rooms/${room}/readers`, { html: true }), "text/html");
    note.textContent = fresh.querySelector("[data-note]")?.textContent ?? note.textContent;
  } catch {
    // The next page has it.
  }
}
