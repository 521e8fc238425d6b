/**
 * The way in: each behaviour is attached to what asks for it in the markup, and learns about the page from `page` alone.
 * The live channel comes first: the others listen to it.
 */
import { attachCaseForm } from "./controllers/case_form.js";
import { attachCopy, attachErrors, attachReveal } from "./controllers/fields.js";
import { attachExhibits } from "./controllers/exhibits.js";
import { attachLive } from "./controllers/live.js";
import { attachBusy, attachMenu, attachSignOut } from "./controllers/menu.js";
import { attachRoom } from "./controllers/room.js";
import { attachTimes } from "./controllers/clock.js";
import { pageOf } from "./page.js";

/** @type {[string, (element: any, page: import("./page.js").Page) => void][]} */
const BEHAVIOURS = [
  ["[data-controller~=live]", attachLive],
  ["[data-controller~=room]", attachRoom],
  ["[data-controller~=exhibits]", attachExhibits],
  ["[data-controller~=times]", attachTimes],
  ["[data-controller~=case_form]", attachCaseForm],
  ["[data-menu]", attachMenu],
  ["[data-busy]", attachBusy],
  ["form[action$='/sign-out']", attachSignOut],
  ["[data-action=reveal]", attachReveal],
  ["[data-copy]", attachCopy],
  ["#errors", attachErrors],
];

const page = pageOf(document);
for (const [selector, attach] of BEHAVIOURS) {
  for (const element of document.querySelectorAll(selector)) attach(element, page);
}
