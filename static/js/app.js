/**
 * The way in: each behaviour is attached to what asks for it in the markup, and learns about the page from `page` alone.
 * The live channel comes first: the others listen to it. Then what this browser has seen of the case: posts state it.
 */
import { attachCaseForm } from "./controllers/case_form.js";
import { attachCopy, attachErrors, attachReveal } from "./controllers/fields.js";
import { attachDropCheck } from "./controllers/drop_check.js";
import { attachExhibits } from "./controllers/exhibits.js";
import { attachLive } from "./controllers/live.js";
import { attachBusy, attachMenu, attachSignOut } from "./controllers/menu.js";
import { attachRoom } from "./controllers/room.js";
import { attachSeen } from "./controllers/seen.js";
import { attachTimes } from "./controllers/clock.js";
import { attachVerify } from "./controllers/verify.js";
import { pageOf } from "./page.js";

/** @type {[string, (element: any, page: import("./page.js").Page) => void][]} */
const BEHAVIOURS = [
  ["[data-controller~=live]", attachLive],
  ["[data-seen-warning]", attachSeen],
  ["[data-controller~=room]", attachRoom],
  ["[data-controller~=exhibits]", attachExhibits],
  ["[data-controller~=times]", attachTimes],
  ["[data-controller~=case_form]", attachCaseForm],
  ["[data-controller~=verify]", attachVerify],
  ["[data-controller~=drop-check]", attachDropCheck],
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
