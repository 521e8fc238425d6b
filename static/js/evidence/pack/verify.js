/**
 * A whole pack, checked on this device: steps 1 to 5, 7 to 12, 14 and 15 of docs/evidence.md §10, and of step 6 that each time
 * stamp is over its checkpoint and pinned. Not here: the signatures of time stamps and of acts (6, 13), which the verifier
 * inside the pack checks.
 */
import { readCaseLog } from "./case_log.js";
import { checkFiles, readDisclosures } from "./disclosures.js";
import { readEvents } from "./events.js";
import { readDisclosed } from "./disclosed.js";
import { checkLinks } from "./links.js";
import { DISCLOSURE, readMembers } from "./members.js";
import { checkHead, checkOpenings, readOpenings } from "./openings.js";
import { Report } from "./report.js";

export { NotAPack } from "./report.js";

/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./events.js").Space} Space */
/** @typedef {{size: number, root: string, vkey: string}} Kept  what this browser has kept of the case */
/** @typedef {(step: "files"|"entries", done: number, total: number) => void} Progress  bytes of a total; lines, their number unknown: 0 */

/**
 * @param {Blob} file
 * @param {{library: any, given?: string, keptOf?: (id: string) => Promise<Kept|null>, progress?: Progress}} options
 *   library: zip.js; given: the key of the case as it was obtained elsewhere
 * @returns {Promise<{report: Report, members: Members, spaces: Map<number, Space>}>}
 * Throws NotAPack, and CannotVerify where the browser cannot check signatures.
 */
export async function verifyPack(file, { library, given = "", keptOf, progress = () => {} }) {
  const report = new Report();
  const members = await readMembers(file, library, report, (done, total) => progress("files", done, total));
  report.case = members.manifest.case;
  const log = await readCaseLog(members, report, given);
  const whole = members.manifest.v !== DISCLOSURE;
  const spaces = whole ? await readSpaces(members, report, log, progress) : await readDisclosed(members, report, log);
  const membership = membershipOf(spaces, members.manifest.exporter);
  for (const space of spaces.values()) {
    if (whole) await checkOpenings(report, log, space, membership);
    if (whole) await checkHead(members, report, log, space);
    const { present, absent } = checkFiles(members, report, space);
    const first = whole ? 0 : space.events.length - 1;
    const sealed = Math.max(0, Math.min(space.openings.at(-1)?.size ?? 0, space.events.length) - first);
    report.spaces[space.slot] = { events: space.events.length - first, sealed, states: space.states, files_present: present, files_absent: absent };
  }
  await checkLinks(members, report, spaces);
  if (keptOf) compareWithKept(report, log, await keptOf(report.case));
  return { report, members, spaces };
}

/**
 * @param {Members} members @param {Report} report @param {import("./case_log.js").CaseLog} log @param {Progress} progress
 * @returns {Promise<Map<number, Space>>}
 */
async function readSpaces(members, report, log, progress) {
  const slots = new Set(members.paths(/^spaces\/[0-9]+\//).map((path) => Number(path.split("/")[1])));
  let done = 0;
  const step = (/** @type {number} */ lines) => progress("entries", (done += lines), 0);
  const spaces = new Map();
  for (const slot of [...slots].sort((one, other) => one - other)) {
    const openings = await readOpenings(members, report, slot);
    const space = await readEvents(members, report, log, slot, openings, step);
    await readDisclosures(members, report, space, step);
    spaces.set(slot, space);
  }
  return spaces;
}

/**
 * When the exporter came and went. An erased admission no longer says whose it was: it may have been theirs.
 * @param {Map<number, Space>} spaces @param {string} exporter
 */
function membershipOf(spaces, exporter) {
  /** @type {import("./openings.js").Membership} */
  const membership = { admitted: [], removed: [] };
  for (const { slot, events, values, states } of spaces.values()) {
    for (const [seq, event] of events.entries()) {
      const moves = event?.kind === "participant.admitted" ? membership.admitted : membership.removed;
      if (!event || (event.kind !== "participant.admitted" && event.kind !== "participant.removed")) continue;
      const body = values.get(seq)?.body;
      if (body ? body.pid === exporter : states[seq] === "erased") moves.push({ at: event.at, space: slot, seq });
    }
  }
  return membership;
}

/** @param {Report} report @param {import("./case_log.js").CaseLog} log @param {Kept|null} kept */
function compareWithKept(report, log, kept) {
  if (!kept) return;
  if (kept.size < log.roots.length) {
    report.compared = true;
    if (log.roots[kept.size] !== kept.root) report.find("equivocation", "this browser has kept another history", { epoch: kept.size - 1 });
  }
}
