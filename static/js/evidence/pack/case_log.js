/**
 * Steps 2 to 6 of docs/evidence.md §10: the key, the epochs, the signed checkpoints, the schedule, and of the time stamps what
 * a browser can say: that each is over its checkpoint and pinned once. Their signatures are for the offline verifier.
 */
import { concat, EvidenceError, fromHex, same, sha256, toHex } from "../bytes.js";
import { dueOf, numberOf, objectOf, parseCanonical } from "../canonical.js";
import { openCheckpoint, parseVkey, signersOf } from "../note.js";
import { placeOf } from "../receipt.js";
import { readToken } from "../token.js";
import { emptyRoot, GrowingTree, leafHash } from "../tree.js";
import { handfuls, linesOf } from "./lines.js";

export const TOLERANCE = 300_000; // ms: δ of docs/evidence.md §10
const LATE = 2 * 3600_000; // ms after the instant it was due (docs/evidence.md §19)
const VERSION = "caseroom/v1/epoch";
const MEMBERS = ["case", "due", "n", "prev", "slots", "sroot", "tst", "v", "why"];
const WHY = ["open", "grid", "joint", "close", "catchup"];
const SLOTS = [32, 64, 128];
const NO_PREVIOUS = "0".repeat(64);

/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("../note.js").Verifier} Verifier */
/** @typedef {import("../token.js").Token} Token */
/** @typedef {{n: number, due: number, slots: number, sroot: string, why: string, prev: string, case: string, tst: string,
 *            stamps: number[], gen: {interval: number, vkey: string}|null}} Epoch */
/** @typedef {{case: string, epochs: (Epoch|null)[], roots: string[], key: Verifier|null, keys: Verifier[], tokens: Map<number, Token>}} CaseLog
 *   roots: hex, by size; key: the newest; tokens: by epoch, as they say themselves */

/** @param {Members} members @param {Report} report @param {string} given  vkey obtained out of band, or "" @returns {Promise<CaseLog>} */
export async function readCaseLog(members, report, given) {
  /** @type {CaseLog} */
  const log = { case: members.manifest.case, epochs: [], roots: [toHex(await emptyRoot())], key: null, keys: [], tokens: new Map() };
  await readEpochs(members, report, log);
  await readKey(members, report, log, given);
  await readCheckpoints(members, report, log);
  checkSchedule(report, log);
  await readTokens(members, report, log);
  report.epochs = log.epochs.length;
  report.size = log.epochs.length;
  const last = log.epochs.at(-1);
  report.last_due = last ? new Date(last.due).toISOString().replace(".000Z", "Z") : "";
  return log;
}

/** @param {Members} members @param {Report} report @param {CaseLog} log */
async function readEpochs(members, report, log) {
  const lines = (await report.attempt("epoch", {}, () => linesOf(members.bytes("case/epochs.jsonl")))) ?? [];
  if (!lines.length && !report.has("epoch")) report.find("epoch", "a case has at least one epoch");
  const tree = new GrowingTree();
  let prev = NO_PREVIOUS;
  for await (const { start, some } of handfuls(lines)) {
    const leaves = await Promise.all(some.map(leafHash));
    for (const [index, line] of some.entries()) {
      const n = start + index;
      const epoch = (await report.attempt("canonical", { epoch: n }, () => epochOf(line))) ?? null;
      if (epoch) await report.attempt("epoch", { epoch: n }, () => checkPlace(epoch, n, prev, log));
      log.epochs.push(epoch);
      prev = toHex(leaves[index]);
      await tree.append(leaves[index]);
      log.roots.push(toHex(await tree.root()));
    }
  }
}

/** @param {Uint8Array} line @returns {Epoch} */
function epochOf(line) {
  const value = objectOf(parseCanonical(line), MEMBERS, ["gen", "stamps"]);
  if (value.v !== VERSION || !WHY.includes(value.why)) throw new EvidenceError("not an epoch of version 1");
  if (!SLOTS.includes(value.slots)) throw new EvidenceError("a case has 32, 64 or 128 slots");
  fromHex(value.case, 16);
  for (const hash of [value.prev, value.sroot, ...(value.tst === "" ? [] : [value.tst])]) fromHex(hash, 32);
  const stamps = stampsOf(value.stamps);
  const first = numberOf(value.n) === 0;
  if (first !== (value.why === "open") || first !== (value.prev === NO_PREVIOUS) || (first && !value.gen)) {
    throw new EvidenceError("the first epoch, and no other, opens the case");
  }
  if ((value.tst === "") !== !stamps.length || stamps.some((stamped) => stamped >= value.n)) {
    throw new EvidenceError("a pin and the earlier epochs it stands for come together");
  }
  const { n, slots, sroot, why, prev, tst } = value;
  return { n, due: dueOf(value.due), slots, sroot, why, prev, case: value.case, tst, stamps, gen: genOf(value.gen) };
}

/** @param {any} value @returns {{interval: number, vkey: string}|null} */
function genOf(value) {
  if (value === undefined) return null;
  const { interval, vkey } = objectOf(value, ["interval", "vkey"]);
  if (numberOf(interval) === 0 || typeof vkey !== "string") throw new EvidenceError("not an interval and a key");
  return { interval, vkey };
}

/** @param {any} value @returns {number[]} */
function stampsOf(value) {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.length) throw new EvidenceError("stamps are a list of epochs");
  const stamps = value.map((each) => numberOf(each));
  if (stamps.some((each, index) => index > 0 && each <= stamps[index - 1])) throw new EvidenceError("stamps are ascending");
  return stamps;
}

/** @param {Epoch} epoch @param {number} n @param {string} prev @param {CaseLog} log */
function checkPlace(epoch, n, prev, log) {
  const first = log.epochs[0];
  if (epoch.n !== n) throw new EvidenceError("the epoch stands out of sequence");
  if (epoch.prev !== prev) throw new EvidenceError("the epoch follows another one");
  if (epoch.case !== log.case) throw new EvidenceError("the epoch is of another case");
  if (first && epoch.slots !== first.slots) throw new EvidenceError("the number of slots has changed");
  if (first?.gen && epoch.gen && epoch.gen.interval !== first.gen.interval) throw new EvidenceError("the interval has changed");
}

/** @param {Members} members @param {Report} report @param {CaseLog} log @param {string} given */
async function readKey(members, report, log, given) {
  const stated = log.epochs[0]?.gen?.vkey;
  await report.attempt("key", {}, async () => {
    const vkey = members.line("case/vkey");
    if (stated !== undefined && vkey !== stated) throw new EvidenceError("the key is not that of the first epoch");
    if (given && vkey !== given) throw new EvidenceError("the key is not the one that was given");
  });
  report.key_source = given ? "given" : "pack";
  for (const epoch of log.epochs) {
    const key = epoch?.gen ? await report.attempt("key", { epoch: epoch.n }, () => keyOf(epoch.gen?.vkey ?? "", log)) : undefined;
    if (key) log.keys.push(key);
  }
  log.key = log.keys.at(-1) ?? null;
}

/** @param {string} vkey @param {CaseLog} log */
async function keyOf(vkey, log) {
  const key = await parseVkey(vkey);
  const place = placeOf(key.name);
  if (place.case !== log.case || place.space !== null) throw new EvidenceError("the key is of another case");
  if (log.keys.length && log.keys[0].name !== key.name) throw new EvidenceError("the key has another name");
  return key;
}

/** @param {Members} members @param {Report} report @param {CaseLog} log */
async function readCheckpoints(members, report, log) {
  let key = /** @type {Verifier|null} */ (null);
  let next = 0;
  for (const [n, epoch] of log.epochs.entries()) {
    const before = key;
    if (epoch?.gen) key = log.keys[next++] ?? null;
    if (!key) continue;
    const signers = before && before !== key ? [before, key] : [key];
    await report.attempt("checkpoint", { epoch: n }, () => checkCheckpoint(members, log, n, signers));
  }
  for (const path of members.paths(/^case\/checkpoints\//)) {
    const epoch = Number(path.slice("case/checkpoints/".length).split(".")[0]);
    if (epoch >= log.epochs.length) report.find("checkpoint", `${path} belongs to no epoch`, { epoch });
  }
}

/** @param {Members} members @param {CaseLog} log @param {number} n @param {Verifier[]} signers */
async function checkCheckpoint(members, log, n, signers) {
  const note = members.text(checkpointPath(n, "note"));
  if (signersOf(note).length !== signers.length) throw new EvidenceError("a checkpoint has exactly its log's signature");
  const { size, root } = await openCheckpoint(note, signers[0], signers.slice(1));
  if (size !== n + 1) throw new EvidenceError("the checkpoint is of another size");
  if (toHex(root) !== log.roots[n + 1]) throw new EvidenceError("the checkpoint has another root than the epochs");
}

/** @param {number} n @param {"note"|"tsr"} ending */
function checkpointPath(n, ending) {
  return `case/checkpoints/${String(n).padStart(6, "0")}.${ending}`;
}

/** Step 5: no instant of the grid is missing. @param {Report} report @param {CaseLog} log */
function checkSchedule(report, log) {
  const first = log.epochs[0];
  const interval = 1000 * (first?.gen?.interval ?? 0);
  if (!first || !interval) return;
  let [instant, due] = [first.due, first.due]; // the latest instant of the grid that has its epoch; the latest due
  for (const epoch of log.epochs.slice(1)) {
    if (!epoch) continue;
    const wrong = (/** @type {string} */ why) => report.find("schedule", why, { epoch: epoch.n });
    if (epoch.due < due) wrong("the schedule goes back");
    if (log.epochs[epoch.n - 1]?.why === "close") wrong("an epoch after the closing");
    if (epoch.why === "grid" || epoch.why === "catchup") {
      if ((epoch.due - first.due) % interval !== 0 || epoch.due <= instant) wrong("not an instant of the schedule");
      if (epoch.why === "grid" && epoch.due > instant + interval) wrong("an instant of the schedule has no epoch");
      instant = Math.max(instant, epoch.due);
      if (epoch.why === "catchup") report.catchups.push(epoch.n);
    } else if (epoch.due > instant + interval) wrong("an instant of the schedule has no epoch");
    due = Math.max(due, epoch.due);
  }
}

/** Step 6 in part. @param {Members} members @param {Report} report @param {CaseLog} log */
async function readTokens(members, report, log) {
  for (const [n, epoch] of log.epochs.entries()) {
    if (epoch && members.has(checkpointPath(n, "tsr"))) await report.attempt("timestamp", { epoch: n }, () => readOne(members, report, log, epoch));
  }
  const pinned = new Set();
  for (const epoch of log.epochs) {
    if (!epoch?.stamps.length) continue;
    await report.attempt("timestamp", { epoch: epoch.n }, async () => {
      if (epoch.stamps.some((n) => pinned.has(n))) throw new EvidenceError("a time stamp is pinned twice");
      for (const n of epoch.stamps) pinned.add(n);
      const hashes = epoch.stamps.map((n) => members.digests.get(checkpointPath(n, "tsr"))?.sha256);
      if (hashes.includes(undefined)) throw new EvidenceError("a pinned time stamp is missing");
      const pin = await sha256(concat(...hashes.map((hash) => fromHex(hash, 32))));
      if (!same(pin, fromHex(epoch.tst, 32))) throw new EvidenceError("a time stamp is not the pinned one");
    });
  }
}

/** @param {Members} members @param {Report} report @param {CaseLog} log @param {Epoch} epoch */
async function readOne(members, report, log, epoch) {
  let token;
  try {
    token = readToken(members.bytes(checkpointPath(epoch.n, "tsr")));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    report.unread += 1; // odd encodings are the offline verifier's business, never called altered here
    return;
  }
  const note = members.digests.get(checkpointPath(epoch.n, "note"))?.sha256;
  if (token.imprint !== note) throw new EvidenceError("the time stamp is over something else");
  log.tokens.set(epoch.n, token);
  report.stamped += 1;
  if (token.at > epoch.due + LATE) report.late += 1;
  if (token.at + token.accuracy < epoch.due - TOLERANCE) throw new EvidenceError("the time stamp is older than its epoch");
}
