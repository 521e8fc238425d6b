/** One exhibit shown to somebody outside the room (docs/disclosure-format.md): the same steps over one entry and its proofs. */
import { EvidenceError, fromHex, toHex } from "../bytes.js";
import { numberOf, objectOf, parseCanonical } from "../canonical.js";
import { verifyReceipt } from "../receipt.js";
import { leafHash, verifyInclusion } from "../tree.js";
import { checkSeen, eventOf } from "./events.js";
import { judgeStates, takeDisclosure } from "./disclosures.js";
import { linesOf } from "./lines.js";
import { checkSealed, checkSlot, openingOf, roomKey } from "./openings.js";

const FOLDER = "disclosure/";

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./case_log.js").CaseLog} CaseLog */
/** @typedef {import("./events.js").Space} Space */

/** @param {Members} members @param {Report} report @param {CaseLog} log @returns {Promise<Map<number, Space>>} the one room, with the one entry */
export async function readDisclosed(members, report, log) {
  const line = await report.attempt("sequence", {}, () => onlyLine(members, "event.json"));
  const event = line ? await report.attempt("canonical", {}, () => eventOf(line)) : undefined;
  if (!line || !event) return new Map();
  const leaf = await leafHash(line);
  const space = roomOf(event, toHex(leaf));
  if (event.case !== log.case || event.space >= (log.epochs[0]?.slots ?? 0)) {
    report.find("sequence", "the entry is of another case, or of a room that the case cannot have", { space: space.slot, seq: event.seq });
  }
  if (event.sig) report.acts += 1;
  checkSeen(event, space.slot, report, log);
  await checkSealing(members, report, log, space, leaf);
  await checkReceipt(members, report, log, space, leaf);
  await readValues(members, report, space);
  return new Map([[space.slot, space]]);
}

/** @param {import("./events.js").Event} event @param {string} leaf @returns {Space} */
function roomOf(event, leaf) {
  /** @type {Space} */
  const space = { slot: event.space, folder: FOLDER, events: [], leaves: [], roots: new Map(), openings: [], values: new Map(), states: [] };
  space.events[event.seq] = event;
  space.leaves[event.seq] = leaf;
  return space;
}

/**
 * The epoch that sealed the entry, and the entry's place among those of its room; neither where it is not sealed yet.
 * @param {Members} members @param {Report} report @param {CaseLog} log @param {Space} space @param {Uint8Array} leaf
 */
async function checkSealing(members, report, log, space, leaf) {
  const paths = ["opening.json", "inclusion.json"].map((name) => FOLDER + name);
  if (!paths.some((path) => members.has(path) || Object.hasOwn(members.manifest.files, path))) return;
  const seq = space.events.length - 1;
  await report.attempt("opening", { space: space.slot, seq }, async () => {
    const opening = openingOf(onlyLine(members, "opening.json"));
    await checkSlot(log, space.slot, opening);
    const { index, size, path } = objectOf(parseCanonical(onlyLine(members, "inclusion.json")), ["index", "size", "path"]);
    if (!Array.isArray(path) || numberOf(index) !== seq || numberOf(size) !== opening.size) {
      throw new EvidenceError("the proof is of another size or place");
    }
    const proof = path.map((hash) => fromHex(hash, 32));
    await verifyInclusion({ index, size, leaf, proof, root: fromHex(opening.root, 32) });
    space.openings.push(opening);
    // Whether the epoch before sealed something too is not shown: it sets no lower bound for the time.
    checkSealed(report, log, space, opening, null);
  });
}

/** @param {Members} members @param {Report} report @param {CaseLog} log @param {Space} space @param {Uint8Array} leaf */
async function checkReceipt(members, report, log, space, leaf) {
  const key = await roomKey(members, report, log, space);
  const seq = space.events.length - 1;
  if (!key) return;
  await report.attempt("head", { space: space.slot, seq }, async () => {
    const { index } = await verifyReceipt(members.text(`${FOLDER}receipt.txt`), leaf, key);
    if (index !== seq) throw new EvidenceError("the receipt is of another entry");
  });
}

/** @param {Members} members @param {Report} report @param {Space} space */
async function readValues(members, report, space) {
  const where = { space: space.slot, seq: space.events.length - 1 };
  /** @type {number[]} */
  const told = [];
  await report.attempt("commitment", where, async () => {
    for (const line of linesOf(members.bytes(`${FOLDER}values.json`))) await takeDisclosure(line, space, report, told);
  });
  judgeStates(space, told, report);
}

/** @param {Members} members @param {string} name */
function onlyLine(members, name) {
  const lines = linesOf(members.bytes(FOLDER + name));
  if (lines.length !== 1) throw new EvidenceError(`${name} is not one line`);
  return lines[0];
}
