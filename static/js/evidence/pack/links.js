/** Step 15 of docs/evidence.md §10, and §7: what was moved from a private room was consented to, by its owner, before it was moved. */
import { concat, EvidenceError, fromHex, sha256, toHex, utf8 } from "../bytes.js";
import { numberOf, objectOf, parseCanonical } from "../canonical.js";
import { linesOf } from "./lines.js";

const LINK = utf8("caseroom/v1/link\0");
const RELEASED = ["exhibit.released", "message.released"];

/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./members.js").Members} Members */
/** @typedef {import("./events.js").Space} Space */
/** @typedef {{space: Space, seq: number, event: import("./events.js").Event, values: Record<string, any>}} Entry */

/** @param {Members} members @param {Report} report @param {Map<number, Space>} spaces */
export async function checkLinks(members, report, spaces) {
  for (const release of entriesOf(spaces, RELEASED)) {
    await report.attempt("link", { space: release.space.slot, seq: release.seq }, () => checkMover(release));
  }
  if (!members.has("links.jsonl")) return;
  const linked = new Set();
  for (const line of (await report.attempt("link", {}, () => linesOf(members.bytes("links.jsonl")))) ?? []) {
    await report.attempt("link", {}, async () => {
      const place = await checkLink(line, spaces);
      if (linked.has(place)) throw new EvidenceError("a link stands twice");
      linked.add(place);
    });
  }
  report.links = linked.size;
  checkAllLinked(report, spaces, linked);
}

/** @param {Map<number, Space>} spaces @param {string[]} kinds @returns {Entry[]} */
function entriesOf(spaces, kinds) {
  const found = [];
  for (const space of spaces.values()) {
    for (const [seq, event] of space.events.entries()) {
      if (event && kinds.includes(event.kind)) found.push({ space, seq, event, values: space.values.get(seq) ?? {} });
    }
  }
  return found;
}

/** Something is moved by its owner, or by the neutral, who then says so. @param {Entry} release */
function checkMover({ event, values: { who } }) {
  if (!who) return;
  fromHex(who.owner, 16);
  fromHex(who.consent, 32);
  if ((who.via ?? who.owner) !== event.actor) throw new EvidenceError("the release does not say who moved it");
}

/** @param {Uint8Array} line @param {Map<number, Space>} spaces @returns {Promise<string>} the place of what was released */
async function checkLink(line, spaces) {
  const stated = objectOf(parseCanonical(line), ["joint", "caucus", "salt"]);
  const [release, consent] = [entryAt(stated.joint, spaces, RELEASED), entryAt(stated.caucus, spaces, ["release.consented"])];
  const place = `${release.space.slot}/${release.seq}`;
  if (release.event.at < consent.event.at) throw new EvidenceError("the consent is later than the release");
  const { who } = release.values;
  const slip = consent.values.body;
  if (!who || !slip) return place; // withheld or erased: its own state
  const link = await sha256(concat(LINK, fromHex(stated.salt, 32), fromHex(consent.space.leaves[consent.seq], 32)));
  if (who.consent !== toHex(link)) throw new EvidenceError("the link does not lead to this consent");
  if (who.owner !== consent.event.actor) throw new EvidenceError("the consent is not the owner's");
  if (slip.to !== release.space.slot || release.space === consent.space) throw new EvidenceError("the consent is for another room");
  checkConsented(release, consent);
  checkNotWithdrawn(release, consent);
  return place;
}

/** @param {any} place @param {Map<number, Space>} spaces @param {string[]} kinds @returns {Entry} */
function entryAt(place, spaces, kinds) {
  if (!Array.isArray(place) || place.length !== 2) throw new EvidenceError("an entry is a room and a number");
  const [slot, seq] = place.map((each) => numberOf(each));
  const space = spaces.get(slot);
  const event = space?.events[seq];
  if (!space || !event || !kinds.includes(event.kind)) throw new EvidenceError("a link to no such entry of this pack");
  return { space, seq, event, values: space.values.get(seq) ?? {} };
}

/**
 * The files of consent and release are equal; where they differ from the filed ones the consent says `cleaned`.
 * @param {Entry} release @param {Entry} consent
 */
function checkConsented(release, { space, seq, values }) {
  const slip = values.body;
  const consented = JSON.stringify(slip.files ?? []);
  const { body } = release.values;
  if (body && digestsOf(body) !== consented) throw new EvidenceError("other files were released than consented to");
  const filed = space.leaves.indexOf(slip.of);
  if (filed < 0 || filed >= seq) throw new EvidenceError("the consent is to nothing that was there before");
  const original = space.values.get(filed)?.body;
  if (original && digestsOf(original) !== consented && values.meta && !values.meta.cleaned) {
    throw new EvidenceError("other files were consented to than filed");
  }
}

/** @param {Entry} release @param {Entry} consent */
function checkNotWithdrawn(release, { space, seq }) {
  const withdrawn = [...space.values].some(([at, { body }]) => {
    const event = space.events[at];
    return event?.kind === "release.withdrawn" && body?.of === space.leaves[seq] && event.at < release.event.at;
  });
  if (withdrawn) throw new EvidenceError("the consent was withdrawn before the release");
}

/**
 * A pack that holds a consent and has links has the one to the release that the consent was for.
 * @param {Report} report @param {Map<number, Space>} spaces @param {Set<string>} linked
 */
function checkAllLinked(report, spaces, linked) {
  const consents = entriesOf(spaces, ["release.consented"]).filter((entry) => entry.values.body);
  const wanted = new Set(consents.map(({ event, values: { body } }) => JSON.stringify([body.to, event.actor, JSON.stringify(body.files ?? [])])));
  for (const { space, seq, values: { who, body } } of entriesOf(spaces, RELEASED)) {
    const described = who && body ? JSON.stringify([space.slot, who.owner, digestsOf(body)]) : "";
    if (wanted.has(described) && !linked.has(`${space.slot}/${seq}`)) report.find("link", "the link to its consent is missing", { space: space.slot, seq });
  }
}

/** @param {any} body */
function digestsOf(body) {
  const files = Array.isArray(body.files) ? body.files : [];
  return JSON.stringify(files.map((/** @type {any} */ file) => file?.sha256 ?? file));
}
