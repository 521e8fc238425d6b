/**
 * Steps 9, 10 and 14 of docs/evidence.md §10: what the sealed epochs say of one room, and its last signed checkpoint. An epoch
 * commits to every slot behind a salt; an opening shows one of them.
 */
import { concat, EvidenceError, fromHex, sha256, toHex, u32, u64, utf8 } from "../bytes.js";
import { numberOf, objectOf, parseCanonical } from "../canonical.js";
import { formatVkey, openCheckpoint, parseVkey, signersOf } from "../note.js";
import { leafHash, verifyInclusion } from "../tree.js";
import { TOLERANCE } from "./case_log.js";
import { linesOf } from "./lines.js";

const SLOT = utf8("caseroom/v1/slot\0");
const CLOCKS = 1000; // ms between the server's clock and the authority's

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./case_log.js").CaseLog} CaseLog */
/** @typedef {import("./events.js").Space} Space */
/** @typedef {import("./events.js").Opening} Opening */
/** @typedef {{at: number, space: number, seq: number}} Moment  at: ms since 1970 */
/** @typedef {{admitted: Moment[], removed: Moment[]}} Membership  of the exporter, in all rooms of the pack */

/** @param {Members} members @param {Report} report @param {number} slot @returns {Promise<Opening[]>} */
export async function readOpenings(members, report, slot) {
  const lines = (await report.attempt("opening", { space: slot }, () => linesOf(members.bytes(`spaces/${slot}/openings.jsonl`)))) ?? [];
  const openings = [];
  for (const line of lines) {
    const opening = await report.attempt("opening", { space: slot }, () => openingOf(line));
    if (opening) openings.push(opening);
  }
  return openings;
}

/** @param {Uint8Array} line @returns {Opening} Throws EvidenceError. */
export function openingOf(line) {
  const { n, salt, size, root, path } = objectOf(parseCanonical(line), ["n", "salt", "size", "root", "path"]);
  if (!Array.isArray(path)) throw new EvidenceError("a path is a list");
  for (const hash of [salt, root, ...path]) fromHex(hash, 32);
  return { n: numberOf(n), salt, size: numberOf(size), root, path };
}

/** @param {Report} report @param {CaseLog} log @param {Space} space @param {Membership} membership */
export async function checkOpenings(report, log, space, membership) {
  const { slot, openings } = space;
  let before = /** @type {Opening|null} */ (null);
  for (const opening of openings) {
    const where = { space: slot, epoch: opening.n };
    await report.attempt("opening", where, () => checkContinuity(log, slot, opening.n, before, membership));
    await report.attempt("opening", where, async () => {
      await checkSlot(log, slot, opening);
      checkSize(space, opening, before);
    });
    checkSealed(report, log, space, opening, before);
    before = opening;
  }
  await report.attempt("opening", { space: slot }, () => checkContinuity(log, slot, log.epochs.length, before, membership));
}

/**
 * No epoch is left out but those before the exporter came, or between leaving this room and coming back.
 * @param {CaseLog} log @param {number} slot @param {number} n  of the opening; one past the last epoch at the end
 * @param {Opening|null} before @param {Membership} membership
 */
function checkContinuity(log, slot, n, before, { admitted, removed }) {
  if (n === (before ? before.n + 1 : 0)) return;
  if (before && n <= before.n) throw new EvidenceError("the openings stand out of sequence");
  const due = (/** @type {number} */ epoch) => log.epochs[epoch]?.due ?? Infinity;
  const came = admitted.filter((moment) => moment.at >= due(n - 1) - TOLERANCE);
  if (before && n < log.epochs.length) {
    const token = log.tokens.get(before.n + 1);
    const latest = Math.max(token ? token.at + token.accuracy + CLOCKS : 0, due(before.n + 1) + TOLERANCE);
    const left = removed.filter((moment) => moment.space === slot && moment.seq >= before.size && moment.at <= latest);
    if (came.some((arrival) => left.some((departure) => departure.at <= arrival.at))) return;
  } else if (!before && came.length) return;
  throw new EvidenceError("an opening is missing");
}

/** The opening leads to the slot root of its epoch. @param {CaseLog} log @param {number} slot @param {Opening} opening */
export async function checkSlot(log, slot, opening) {
  const epoch = log.epochs[opening.n];
  if (!epoch) throw new EvidenceError("the opening of an epoch that is not there");
  if (slot >= epoch.slots) throw new EvidenceError("there is no such slot");
  const value = await slotValue(log.case, slot, opening);
  const proof = opening.path.map((hash) => fromHex(hash, 32));
  await verifyInclusion({ index: slot, size: epoch.slots, leaf: await leafHash(value), proof, root: fromHex(epoch.sroot, 32) });
}

/** @param {Space} space @param {Opening} opening @param {Opening|null} before */
function checkSize(space, opening, before) {
  if (before && opening.size < before.size) throw new EvidenceError("the room's record has shrunk");
  if (opening.size > space.events.length) throw new EvidenceError("entries that were sealed are missing");
  if (space.roots.get(opening.size) !== opening.root) throw new EvidenceError("the entries are not those that were sealed");
}

/** `V` of docs/evidence.md §2. @param {string} id  case @param {number} slot @param {Opening} opening */
async function slotValue(id, slot, { n, salt, size, root }) {
  return sha256(concat(SLOT, fromHex(salt, 32), fromHex(id, 16), u32(slot), u64(n), u64(size), fromHex(root, 32)));
}

/**
 * Steps 8 and 14 for the entries that this epoch sealed first: what their writers may have seen, when they may have been written.
 * @param {Report} report @param {CaseLog} log @param {Space} space @param {Opening} opening @param {Opening|null} before
 */
export function checkSealed(report, log, space, opening, before) {
  const consecutive = before !== null && before.n === opening.n - 1;
  const earliest = consecutive ? (log.epochs[before.n]?.due ?? -Infinity) - TOLERANCE : -Infinity;
  const token = log.tokens.get(opening.n);
  const latest = token ? token.at + token.accuracy + CLOCKS : Infinity;
  for (const event of space.events.slice(before?.size ?? 0, opening.size)) {
    if (!event) continue;
    const where = { space: space.slot, seq: event.seq, epoch: opening.n };
    if (event.seen.n > opening.n) report.find("seen", "the writer saw an epoch that came later", where);
    if (event.at < earliest || event.at > latest) report.find("window", "the entry is dated outside its epoch", where);
  }
}

/**
 * The room's key is the case's under the room's name.
 * @param {Members} members @param {Report} report @param {CaseLog} log @param {Space} space
 * @returns {Promise<import("../note.js").Verifier|null>}
 */
export async function roomKey(members, report, log, space) {
  if (!log.key) return null; // its own finding
  const vkey = await formatVkey(`${log.key.name}/s/${space.slot}`, log.key.key);
  await report.attempt("key", { space: space.slot }, () => {
    if (members.line(`${space.folder}vkey`) !== vkey) throw new EvidenceError("the room's key is not the case's");
  });
  return parseVkey(vkey);
}

/** Step 10, and the room's key. @param {Members} members @param {Report} report @param {CaseLog} log @param {Space} space */
export async function checkHead(members, report, log, space) {
  const key = await roomKey(members, report, log, space);
  if (!key) return;
  await report.attempt("head", { space: space.slot }, async () => {
    const note = members.text(`${space.folder}head.note`);
    if (signersOf(note).length !== 1) throw new EvidenceError("a checkpoint has exactly its log's signature");
    const { size, root } = await openCheckpoint(note, key);
    const [events, whole] = [space.events.length, space.roots.get(space.events.length)];
    if (size !== events || toHex(root) !== whole) throw new EvidenceError("the room's last checkpoint is not over its entries");
  });
}
