/** Steps 7 and 8 of docs/evidence.md §10: the entries of one room, each in its place, each with what its writer saw. */
import { EvidenceError, fromHex, toHex } from "../bytes.js";
import { instantOf, numberOf, objectOf, parseCanonical } from "../canonical.js";
import { emptyRoot, GrowingTree, leafHash } from "../tree.js";
import { handfuls, linesOf } from "./lines.js";

export const FIELDS = ["body", "meta", "who"];
const EVENT = "caseroom/v1/event";
const INTENT = "caseroom/v1/intent";
const NO_PREVIOUS = "0".repeat(64);
const MOST_SLOTS = 128;

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./case_log.js").CaseLog} CaseLog */
/** @typedef {{seq: number, at: number, prev: string, sig: string, actor: string, case: string, space: number, kind: string,
 *            seen: {n: number, root: string}, commitments: Record<string, string>}} Event */
/** @typedef {{n: number, salt: string, size: number, root: string, path: string[]}} Opening */
/**
 * @typedef {{slot: number, folder: string, events: (Event|null)[], leaves: string[], roots: Map<number, string>, openings: Opening[],
 *            values: Map<number, Record<string, any>>, states: string[]}} Space
 *   leaves: hex, by seq; roots: hex, at the sizes that the openings name and at the end; values: what was disclosed and verified
 */

/**
 * @param {Members} members @param {Report} report @param {CaseLog} log @param {number} slot @param {Opening[]} openings
 * @param {(done: number) => void} progress  lines
 * @returns {Promise<Space>}
 */
export async function readEvents(members, report, log, slot, openings, progress) {
  /** @type {Space} */
  const space = { slot, folder: `spaces/${slot}/`, events: [], leaves: [], roots: new Map(), openings, values: new Map(), states: [] };
  const lines = (await report.attempt("sequence", { space: slot }, () => linesOf(members.bytes(`${space.folder}events.jsonl`)))) ?? [];
  const wanted = new Set([...openings.map((opening) => opening.size), lines.length]);
  const tree = new GrowingTree();
  if (wanted.has(0)) space.roots.set(0, toHex(await emptyRoot()));
  for await (const { start, some } of handfuls(lines)) {
    const leaves = await Promise.all(some.map(leafHash));
    for (const [index, line] of some.entries()) {
      await takeEvent(line, start + index, space, report, log);
      space.leaves.push(toHex(leaves[index]));
      await tree.append(leaves[index]);
      if (wanted.has(tree.size)) space.roots.set(tree.size, toHex(await tree.root()));
    }
    progress(some.length);
  }
  return space;
}

/** @param {Uint8Array} line @param {number} seq @param {Space} space @param {Report} report @param {CaseLog} log */
async function takeEvent(line, seq, space, report, log) {
  const where = { space: space.slot, seq };
  const event = (await report.attempt("canonical", where, () => eventOf(line))) ?? null;
  const before = space.events.at(-1);
  space.events.push(event);
  if (!event) return;
  if (event.seq !== seq) report.find("sequence", "the entry stands out of sequence", where);
  if (event.case !== log.case || event.space !== space.slot) report.find("sequence", "the entry is of another case or room", where);
  if (event.prev !== (space.leaves.at(-1) ?? NO_PREVIOUS)) report.find("prev", "the entry follows another one", where);
  if (before && event.at < before.at) report.find("clock", "the entry is older than the one before it", where);
  if (event.sig) report.acts += 1;
  checkSeen(event, space.slot, report, log);
}

/** Step 8: what the writer saw is what the epochs show. @param {Event} event @param {number} slot @param {Report} report @param {CaseLog} log */
export function checkSeen({ seq, seen: { n, root } }, slot, report, log) {
  if (n >= log.roots.length) report.find("seen", "the writer saw more than there is", { space: slot, seq });
  else if (log.roots[n] !== root) report.find("seen", "the writer saw another history", { space: slot, seq });
}

/** @param {Uint8Array} line @returns {Event} Throws EvidenceError for anything but the canonical bytes of an event. */
export function eventOf(line) {
  const value = objectOf(parseCanonical(line), ["at", "in", "prev", "seq", "sig", "v"]);
  const stated = objectOf(value.in, ["actor", "case", "f", "k", "seen", "space", "t", "v", "x"]);
  if (value.v !== EVENT || stated.v !== INTENT || typeof stated.k !== "string") throw new EvidenceError("not an event of version 1");
  const commitments = objectOf(stated.f, FIELDS);
  const seen = objectOf(stated.seen, ["n", "root"]);
  for (const hash of [value.prev, seen.root, ...Object.values(commitments)]) fromHex(hash, 32);
  for (const id of [stated.case, stated.x, ...(stated.actor === "system" ? [] : [stated.actor])]) fromHex(id, 16);
  if (value.sig !== "") fromHex(value.sig, 32);
  instantOf(stated.t);
  return {
    seq: numberOf(value.seq), at: instantOf(value.at), prev: value.prev, sig: value.sig, actor: stated.actor, case: stated.case,
    space: numberOf(stated.space, MOST_SLOTS), kind: stated.k, seen: { n: numberOf(seen.n), root: seen.root },
    commitments: { ...commitments },
  };
}
