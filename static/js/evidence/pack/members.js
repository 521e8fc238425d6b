/** Step 1 of docs/evidence.md §10: the members of a pack are those that its manifest lists, byte for byte. */
import { EvidenceError, fromHex, fromUtf8, sha256, toHex } from "../bytes.js";
import { canonical, instantOf, objectOf } from "../canonical.js";
import { LARGEST, membersOf, NoArchive } from "../archive.js";
import { NotAPack } from "./report.js";

const MANIFEST = "manifest.json";
export const PACK = "caseroom/v1/pack";
export const DISCLOSURE = "caseroom/v1/disclosure"; // docs/disclosure-format.md
const MEMBERS = ["v", "case", "exporter", "at", "files"];
const MOST_BYTES = 16 * 1024 * 1024; // of a manifest
const COMMON = [
  /^README\.txt$/, /^manifest\.json$/, /^verify\.py$/, /^case\/vkey$/, /^case\/epochs\.jsonl$/,
  /^case\/checkpoints\/[0-9]{6}\.(?:note|tsr|cosig)$/, /^tsa\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.pem$/,
];
// The table of docs/evidence.md §9.1, and that of docs/disclosure-format.md.
/** @type {Record<string, RegExp[]>} */
const KNOWN = {
  [PACK]: [
    ...COMMON, /^links\.jsonl$/,
    /^spaces\/(?:0|[1-9][0-9]{0,2})\/(?:vkey|head\.note|(?:events|disclosures|openings)\.jsonl|(?:acts|files)\/[0-9a-f]{64})$/,
  ],
  [DISCLOSURE]: [...COMMON, /^disclosure\/(?:vkey|receipt\.txt|(?:event|values|opening|inclusion)\.json|(?:acts|files)\/[0-9a-f]{64})$/],
};
const EXHIBIT = /^(?:spaces\/[0-9]+|disclosure)\/files\//;

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("../archive.js").Member} Member */
/** @typedef {{v: string, case: string, exporter: string, at: string, files: Record<string, string>}} Manifest */
/** @typedef {(done: number, total: number) => void} Progress  in bytes */

export class Members {
  /** SHA-256 (hex) and size of each member that was read. @type {Map<string, {sha256: string, size: number}>} */
  digests = new Map();
  /** @type {Map<string, Uint8Array>} */
  #contents = new Map();

  /** @param {Map<string, Member>} members @param {Manifest} manifest */
  constructor(members, manifest) {
    this.members = members;
    this.manifest = manifest;
  }

  /** @param {string} path @returns {boolean} whether the archive has it */
  has(path) {
    return this.members.has(path);
  }

  /** @param {RegExp} pattern @returns {string[]} */
  paths(pattern) {
    return [...this.members.keys()].filter((path) => pattern.test(path));
  }

  /** @param {string} path @returns {Uint8Array} Throws EvidenceError where there is none, or it could not be read. */
  bytes(path) {
    const data = this.#contents.get(path);
    if (!data) throw new EvidenceError(`${path} is missing`);
    return data;
  }

  /** A key or note is text. @param {string} path */
  text(path) {
    return fromUtf8(this.bytes(path));
  }

  /** A key file ends in one newline. @param {string} path */
  line(path) {
    const text = this.text(path);
    if (!text.endsWith("\n") || text.indexOf("\n") !== text.length - 1) throw new EvidenceError(`${path} is not one line`);
    return text.slice(0, -1);
  }

  /** @param {string} path @param {Uint8Array} data */
  async take(path, data) {
    const digest = toHex(await sha256(data));
    this.digests.set(path, { sha256: digest, size: data.length });
    if (!EXHIBIT.test(path)) this.#contents.set(path, data);
    return digest;
  }
}

/**
 * Read everything once and compare it with the manifest.
 * @param {Blob} file @param {any} library  zip.js @param {Report} report @param {Progress} progress
 * @returns {Promise<Members>} Throws NotAPack.
 */
export async function readMembers(file, library, report, progress) {
  const listed = await listOf(file, library);
  const paths = new Map(listed.map((member) => [member.path, member]));
  const manifest = await manifestOf(paths.get(MANIFEST), report);
  for (const { path } of listed) if (!KNOWN[manifest.v].some((pattern) => pattern.test(path))) report.find("manifest", `${path} does not belong here`);
  if (paths.size !== listed.length) report.find("manifest", "a file stands twice");
  const members = new Members(paths, manifest);
  await compare(members, report, progress);
  return members;
}

/** @param {Blob} file @param {any} library */
async function listOf(file, library) {
  try {
    return await membersOf(file, library);
  } catch (error) {
    if (error instanceof NoArchive) throw new NotAPack("no zip file");
    throw error;
  }
}

/** @param {Member|undefined} member @param {Report} report @returns {Promise<Manifest>} */
async function manifestOf(member, report) {
  if (!member || member.size > MOST_BYTES) throw new NotAPack("no manifest");
  let text;
  let manifest;
  try {
    text = fromUtf8(await member.read());
    manifest = JSON.parse(text);
  } catch {
    throw new NotAPack("a manifest that cannot be read");
  }
  if (typeof manifest?.v !== "string" || !Object.hasOwn(KNOWN, manifest.v)) throw new NotAPack("another version");
  await report.attempt("manifest", {}, () => {
    if (`${canonical(manifest)}\n` !== text) throw new EvidenceError("the manifest is not in canonical form");
    objectOf(manifest, MEMBERS);
    fromHex(manifest.case, 16);
    fromHex(manifest.exporter, 16);
    instantOf(manifest.at);
    for (const digest of Object.values(objectOf(manifest.files, Object.keys(manifest.files ?? {})))) fromHex(digest, 32);
  });
  return { ...manifest, files: typeof manifest.files === "object" && manifest.files !== null ? manifest.files : {} };
}

/** @param {Members} members @param {Report} report @param {Progress} progress */
async function compare(members, report, progress) {
  const { files } = members.manifest;
  for (const path of Object.keys(files)) if (!members.has(path)) report.find("manifest", `${path} is missing`);
  const others = [...members.members.values()].filter((member) => member.path !== MANIFEST);
  const total = others.reduce((sum, member) => sum + member.size, 0);
  let read = 0;
  for (const member of others) {
    if (!Object.hasOwn(files, member.path)) report.find("manifest", `${member.path} is not in the list`);
    if (member.size > LARGEST) report.too_large.push(member.path);
    else {
      const digest = await report.attempt("manifest", {}, async () => members.take(member.path, await member.read()));
      const listed = Object.hasOwn(files, member.path) ? files[member.path] : digest;
      if (digest !== undefined && digest !== listed) report.find("manifest", `${member.path} is not as listed`);
    }
    read += member.size;
    progress(read, total);
  }
  report.files = others.length;
}
