/** The page of a room's exhibits: filing, finding, and new lines as they are filed. */
import { ask } from "../models/transport.js";
import { Readers } from "./audience.js";
import { attachDrop } from "./drop.js";
import { Uploads } from "./uploads.js";

/** @param {HTMLElement} element @param {import("../page.js").Page} page */
export function attachExhibits(element, page) {
  page.writeTimes(element);
  const readers = new Readers(page);
  const filter = attachFilter(element, page);
  const refresh = () => refreshTable(element, page).then(filter);
  page.live?.addEventListener("entry", (event) => {
    const { room, kind } = /** @type {CustomEvent} */ (event).detail;
    if (room === page.data.room && kind === "exhibit.filed") refresh();
  });
  page.live?.addEventListener("poll", () => refresh());
  page.live?.addEventListener("state", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.state === "live") refresh();
  });
  const filing = /** @type {HTMLElement|null} */ (element.querySelector("[data-filing]"));
  if (!filing) return;
  const uploads = new Uploads(/** @type {HTMLElement} */ (filing.querySelector("[data-files]")), page, readers);
  const input = /** @type {HTMLInputElement} */ (filing.querySelector("input[type=file]"));
  const zone = /** @type {HTMLElement} */ (filing.querySelector("[data-dropzone]"));
  uploads.listenTo(input);
  attachDrop(zone, zone, (files) => uploads.choose(files));
  uploads.addEventListener("filed", refresh);
}

/** The table is written by the server alone; a new line is a new table. @param {HTMLElement} element @param {import("../page.js").Page} page */
async function refreshTable(element, page) {
  try {
    const html = await ask(`/rooms/${page.data.room}/exhibits`, { html: true });
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-register]");
    const old = element.querySelector("[data-register]");
    if (!fresh || !old) return;
    page.writeTimes(fresh);
    old.replaceWith(document.importNode(fresh, true));
  } catch {
    // The next filing or the next visit shows it.
  }
}

/**
 * Lines that do not match what is typed go out of sight; none is taken away.
 * @param {HTMLElement} element @param {import("../page.js").Page} page
 * @returns {() => void} to filter again
 */
function attachFilter(element, page) {
  const box = /** @type {HTMLElement|null} */ (element.querySelector("[data-filter]"));
  const field = box?.querySelector("input");
  if (!box || !field) return () => {};
  box.hidden = false;
  const apply = () => {
    const wanted = plain(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of element.querySelectorAll("[data-find]")) {
      const line = /** @type {HTMLElement} */ (row);
      line.hidden = !wanted.every((word) => plain(line.dataset.find ?? "").includes(word));
      shown += line.hidden ? 0 : 1;
    }
    const none = /** @type {HTMLElement|null} */ (element.querySelector("[data-none]"));
    if (!none) return;
    none.hidden = shown > 0;
    none.textContent = page.say("none_found");
  };
  field.addEventListener("input", apply);
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
  });
  return apply;
}

/** Without accents and capitals. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
