/** Who is connected to the case, and who is writing in this room. */
import { TypingPeople } from "../models/typing.js";

/** @param {HTMLElement} section @param {import("../page.js").Page} page */
export function attachPresence(section, page) {
  page.live?.addEventListener("presence", (event) => {
    const { case: caseId, person, on } = /** @type {CustomEvent} */ (event).detail;
    if (caseId === page.data.case && person !== page.data.me) showPresence(person, on);
  });
  showTyping(section, page);
}

/** @param {string} pid @param {boolean} on */
function showPresence(pid, on) {
  for (const item of document.querySelectorAll(`[data-person="${CSS.escape(pid)}"]`)) {
    item.querySelector(".face__dot")?.classList.toggle("face__dot--away", !on);
    const word = /** @type {HTMLElement|null} */ (item.querySelector("[data-presence]"));
    if (word) word.textContent = (on ? word.dataset.on : word.dataset.off) ?? "";
  }
  for (const count of document.querySelectorAll("[data-present-count]")) {
    count.textContent = String(document.querySelectorAll(".who .face__dot:not(.face__dot--away)").length);
  }
}

/** @param {HTMLElement} section @param {import("../page.js").Page} page */
function showTyping(section, page) {
  const line = section.querySelector("[data-typing]");
  const dots = /** @type {HTMLElement|null} */ (section.querySelector("[data-typing-dots]"));
  if (!line) return;
  const people = new TypingPeople();
  const show = () => {
    const names = people.writing(Date.now()).map((pid) => nameOf(page, pid)).filter(Boolean);
    const list = new Intl.ListFormat(page.locale).format(names);
    const sentence = names.length === 0 ? "" : page.say(names.length === 1 ? "typing" : "typing_many", { name: list, names: list });
    if (line.textContent !== sentence) line.textContent = sentence;
    if (dots) dots.hidden = names.length === 0;
  };
  page.live?.addEventListener("typing", (event) => {
    const { room, person, on } = /** @type {CustomEvent} */ (event).detail;
    if (room !== page.data.room) return;
    people.told(person, on, Date.now());
    show();
  });
  page.live?.addEventListener("entry", (event) => {
    const { room, author } = /** @type {CustomEvent} */ (event).detail;
    if (room === page.data.room && author) people.told(author, false, Date.now());
    show();
  });
  setInterval(show, 1000);
}

/** @param {import("../page.js").Page} page @param {string} pid */
function nameOf(page, pid) {
  return page.data.readers.find((reader) => reader.pid === pid)?.name ?? "";
}
