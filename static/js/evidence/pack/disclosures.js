/** Steps 11 and 12 of docs/evidence.md §10: what the entries say, against what was committed to, and the files they name. */
import { concat, EvidenceError, fromHex, hmacs, sha256, toHex, utf8 } from "../bytes.js";
import { numberOf, objectOf, parseCanonical } from "../canonical.js";
import { FIELDS } from "./events.js";
import { handfuls, linesOf } from "./lines.js";

const SALT = "caseroom/v1/salt\0";
const COMMIT = "caseroom/v1/commit\0";
const FILED = ["exhibit.filed", "exhibit.released"];

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./events.js").Space} Space */
/** @typedef {import("./events.js").Event} Event */
/** @typedef {{seq: number, ek: string|null, salts: Record<string, string>, values: Record<string, string>}} Disclosure */

/** @param {Members} members @param {Report} report @param {Space} space @param {(done: number) => void} progress  lines */
export async function readDisclosures(members, report, space, progress) {
  const where = { space: space.slot };
  const lines = (await report.attempt("commitment", where, () => linesOf(members.bytes(`${space.folder}disclosures.jsonl`)))) ?? [];
  /** @type {number[]} */
  const told = [];
  for await (const { some } of handfuls(lines)) {
    await Promise.all(some.map((line) => report.attempt("commitment", where, () => takeDisclosure(line, space, report, told))));
    progress(some.length);
  }
  judgeStates(space, told, report);
}

/** Each event's state. @param {Space} space @param {number[]} told  seqs that have a line @param {Report} report */
export function judgeStates(space, told, report) {
  const seen = new Set(told);
  const erased = erasedLeaves(space);
  space.events.forEach((_, seq) => space.states.push(stateOf(seq, space, seen, erased, report)));
}

/**
 * @param {Uint8Array} line @param {Space} space @param {Report} report
 * @param {number[]} told  seqs that have a line, in the order of the lines, which ascends
 */
export async function takeDisclosure(line, space, report, told) {
  const disclosure = disclosureOf(line);
  const { seq } = disclosure;
  if (!(seq in space.events)) throw new EvidenceError("what is disclosed belongs to no entry");
  if (seq <= (told.at(-1) ?? -1)) throw new EvidenceError("what is disclosed stands twice, or out of order");
  told.push(seq);
  const event = space.events[seq];
  if (!event) return;
  const values = await report.attempt("commitment", { space: space.slot, seq }, () => verifiedValues(event, disclosure));
  if (values) space.values.set(seq, values);
}

/** @param {Uint8Array} line @returns {Disclosure} */
export function disclosureOf(line) {
  const value = objectOf(parseCanonical(line), ["seq", "values"], ["ek", "salts"]);
  const whole = value.ek !== undefined;
  if (whole === (value.salts !== undefined)) throw new EvidenceError("either the entry's key or salts");
  if (whole) fromHex(value.ek, 32);
  const fields = whole ? FIELDS : Object.keys(objectOf(value.salts, [], FIELDS));
  const values = objectOf(value.values, fields);
  for (const field of fields) {
    if (!whole) fromHex(value.salts[field], 32);
    if (typeof values[field] !== "string") throw new EvidenceError("a value is a text");
  }
  return { seq: numberOf(value.seq), ek: value.ek ?? null, salts: value.salts ?? {}, values };
}

/**
 * @param {Event} event @param {Disclosure} disclosure
 * @returns {Promise<Record<string, any>>} the parsed values of the fields that are disclosed. Throws EvidenceError.
 */
export async function verifiedValues(event, { ek, salts, values }) {
  const fields = Object.keys(values);
  const keys = ek
    ? await hmacs(fromHex(ek, 32), fields.map((field) => utf8(SALT + field)))
    : fields.map((field) => fromHex(salts[field], 32));
  /** @type {Record<string, any>} */
  const verified = {};
  await Promise.all(fields.map(async (field, index) => {
    const commitment = await sha256(concat(utf8(`${COMMIT}${field}\0`), keys[index], utf8(values[field])));
    if (toHex(commitment) !== event.commitments[field]) throw new EvidenceError("what is shown is not what was written");
    verified[field] = objectOf(parseCanonical(values[field]), [], Object.keys(parseCanonical(values[field])));
  }));
  return verified;
}

/** Leaves that a verified erasure names. @param {Space} space @returns {Set<string>} */
function erasedLeaves(space) {
  const leaves = new Set();
  for (const [seq, values] of space.values) {
    const named = space.events[seq]?.kind === "item.erased" ? space.leaves.indexOf(values.body?.of) : -1;
    if (named >= 0 && named < seq) leaves.add(space.leaves[named]);
  }
  return leaves;
}

/** @param {number} seq @param {Space} space @param {Set<number>} seen @param {Set<string>} erased @param {Report} report */
function stateOf(seq, space, seen, erased, report) {
  const values = space.values.get(seq);
  if (values && complete(values)) return "ok";
  if (seen.has(seq) && !values) return "missing"; // its own finding
  if (erased.has(space.leaves[seq])) return "erased";
  if (values) return "withheld";
  report.find("commitment", "no line says what this entry holds, or that it is withheld", { space: space.slot, seq });
  return "missing";
}

/** @param {Record<string, any>} values */
function complete(values) {
  return FIELDS.every((field) => field in values);
}

/** @param {Members} members @param {Report} report @param {Space} space @returns {{present: number, absent: number}} */
export function checkFiles(members, report, space) {
  const folder = `${space.folder}files/`;
  const named = namedFiles(report, space);
  const counts = { present: 0, absent: 0 };
  for (const [sha256, { seq, sizes }] of named) {
    const path = folder + sha256;
    if (!members.has(path) && !Object.hasOwn(members.manifest.files, path)) counts.absent += 1;
    else if (fileHolds(members, path, sha256, sizes)) counts.present += 1;
    else if (!report.too_large.includes(path)) report.find("file", "a file is missing, or not the one that was filed", { space: space.slot, seq });
  }
  for (const path of members.paths(/\/files\//)) {
    if (path.startsWith(folder) && !named.has(path.slice(folder.length))) report.find("file", "a file that no entry names", { space: space.slot });
  }
  return counts;
}

/** @param {Report} report @param {Space} space @returns {Map<string, {seq: number, sizes: Set<number>}>} by SHA-256 */
function namedFiles(report, space) {
  const named = new Map();
  for (const [seq, { body }] of space.values) {
    if (!FILED.includes(space.events[seq]?.kind ?? "") || !body) continue;
    const files = filesOf(body);
    if (files.length !== body.files?.length) report.find("file", "a filing that names no file by hash and size", { space: space.slot, seq });
    for (const { sha256, size } of files) {
      if (!named.has(sha256)) named.set(sha256, { seq, sizes: new Set() });
      named.get(sha256).sizes.add(size);
    }
  }
  return named;
}

/** @param {Members} members @param {string} path @param {string} sha256 @param {Set<number>} sizes */
function fileHolds(members, path, sha256, sizes) {
  const found = members.digests.get(path);
  return found !== undefined && found.sha256 === sha256 && sizes.size === 1 && sizes.has(found.size);
}

/** @param {any} body @returns {{sha256: string, size: number}[]} */
export function filesOf(body) {
  const files = Array.isArray(body.files) ? body.files : [];
  return files.filter((/** @type {any} */ file) => /^[0-9a-f]{64}$/.test(String(file?.sha256)) && typeof file.size === "number");
}
