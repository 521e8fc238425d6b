/** Moments of a page that no other behaviour looks after. */

/** @param {HTMLElement} element @param {import("../page.js").Page} page */
export function attachTimes(element, page) {
  page.writeTimes(element);
}
