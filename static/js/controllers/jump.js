/** Bringing an entry before the eyes, and saying which one it is. */

const SHOWN_MS = 2500;

/** @param {HTMLElement} entry @param {HTMLElement} log  the element that scrolls */
export function jumpTo(entry, log) {
  const box = entry.getBoundingClientRect();
  const frame = log.getBoundingClientRect();
  log.scrollTop += box.top - frame.top - Math.max(24, (frame.height - box.height) / 3);
  entry.classList.add("is-found");
  setTimeout(() => entry.classList.remove("is-found"), SHOWN_MS);
}
