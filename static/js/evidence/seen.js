/**
 * What this browser has seen of a case, and that it only ever grows. The last checkpoint is kept; a newer one takes its place
 * only with the signature of the key that was pinned at first sight and the proof (RFC 9162 section 2.1.4) that the kept
 * history is its beginning. So whoever rewrites the record of a case, even with its signing key, has to hide it from every
 * browser that looked before.
 */
import { EvidenceError, fromBase64, fromHex, toHex } from "./bytes.js";
import { CannotVerify, openCheckpoint, parseVkey } from "./note.js";
import { placeOf } from "./receipt.js";
import { verifyConsistency } from "./tree.js";

/** @typedef {import("./seen_store.js").Kept} Kept */
/** @typedef {import("./seen_store.js").Shown} Shown */
/** @typedef {import("./seen_store.js").Conflict} Conflict */
/** @typedef {import("./seen_store.js").SeenStore} SeenStore */
/** @typedef {{case: string, size: number, note: string, vkey: string}} Offered  as a page or an answer brings it */
/** @typedef {{size: number, note: string, vkey: string, since: number, proof: string[]}} Served */
/** @typedef {"pinned"|"kept"|"proven"|"unasked"|"unable"|"differs"} Outcome
 *   unasked: the server could not be asked for the proof, nothing is known; unable: this browser cannot verify signatures */

const ROUNDS = 4;

/** The two do not fit. */
class Differs extends Error {
  /** @param {string} why @param {Shown|null} shown @param {string[]} [proof] */
  constructor(why, shown, proof = []) {
    super(why);
    this.why = why;
    this.shown = shown;
    this.proof = proof;
  }
}

/** The server itself says that its history ends before the kept one, or holds another root there. */
export class Contradicted extends Error {
  /** @param {"shorter"|"refused"} why */
  constructor(why) {
    super(why);
    this.why = why;
  }
}

/** The server could not be asked now. */
export class NotAsked extends Error {}

export class Seen {
  /** What the page states with each post. @type {Map<string, {n: number, root: string}>} */
  #stated = new Map();

  /**
   * @param {SeenStore} store
   * @param {(id: string, since: number) => Promise<Served>} serve  asks the server; throws Contradicted or NotAsked
   * @param {{now?: () => number}} [options]
   */
  constructor(store, serve, { now = Date.now } = {}) {
    this.store = store;
    this.serve = serve;
    this.now = now;
  }

  get lasting() {
    return this.store.lasting;
  }

  /** @param {string} id  case @returns {{n: number, root: string}|null} size and root (hex) of the kept checkpoint */
  stated(id) {
    return this.#stated.get(id) ?? null;
  }

  /** @param {string} id @returns {Promise<Kept|null>} */
  kept(id) {
    return this.store.kept(id);
  }

  /** @param {string} id @returns {Promise<Conflict[]>} */
  conflicts(id) {
    return this.store.conflicts(id);
  }

  /**
   * A checkpoint was shown: compare it with what is kept, and keep it where it is proven to continue that.
   * @param {Offered} offered @returns {Promise<Outcome>}
   */
  learn(offered) {
    return this.#judged(offered.case, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const outcome = await this.#compared(offered);
        if (outcome) return outcome;
      }
      return "unasked"; // other tabs were faster each time; they keep what is right
    });
  }

  /** Ask the server for its present checkpoint. @param {string} id @returns {Promise<Outcome>} */
  refresh(id) {
    return this.#judged(id, async () => {
      const kept = await this.store.kept(id);
      if (!kept) return "unasked";
      this.#state(kept);
      const fresh = await this.#continued(id, kept, kept);
      if (fresh.size > kept.size) await this.#replace(id, kept, fresh);
      return fresh.size > kept.size ? "proven" : "kept";
    });
  }

  /** One look; null where another tab has changed what is kept meanwhile. @param {Offered} offered @returns {Promise<Outcome|null>} */
  async #compared(offered) {
    const id = offered.case;
    const kept = await this.store.kept(id);
    if (kept) this.#state(kept);
    const shown = await this.#opened(id, offered, kept);
    if (!kept) return (await this.#replace(id, null, shown)) ? "pinned" : null;
    if (shown.size === kept.size) {
      if (shown.root !== kept.root) throw new Differs("other_root", shown);
      return "kept";
    }
    const fresh = await this.#joining(id, kept, shown);
    if (!fresh) return null;
    if (fresh.size === kept.size) return "kept";
    return (await this.#replace(id, kept, fresh)) ? "proven" : null;
  }

  /**
   * The server's present checkpoint, proven to continue both the kept and the shown one. A page may have been written before
   * another tab kept a newer one: older is no finding as long as all three are one history.
   * @param {string} id @param {Kept} kept @param {Shown} shown @returns {Promise<Shown|null>} null: the history grew meanwhile
   */
  async #joining(id, kept, shown) {
    const [lower, upper] = shown.size < kept.size ? [shown, kept] : [kept, shown];
    const fresh = await this.#continued(id, kept, lower);
    if (fresh.size < upper.size) throw new Differs("shorter", fresh);
    if (fresh.size === upper.size) {
      if (fresh.root !== upper.root) throw new Differs("other_root", upper === kept ? fresh : shown);
      return fresh;
    }
    const later = await this.#continued(id, kept, upper);
    if (later.size === fresh.size && later.root !== fresh.root) throw new Differs("other_root", later);
    return later.size === fresh.size ? later : null;
  }

  /**
   * Ask for the present checkpoint and its proof, and check both.
   * @param {string} id @param {Kept} kept @param {Shown} from @returns {Promise<Shown>}
   */
  async #continued(id, kept, from) {
    const served = await this.serve(id, from.size);
    const fresh = await this.#opened(id, served, kept);
    if (fresh.size < from.size) throw new Differs("shorter", fresh);
    const proof = Array.isArray(served.proof) ? served.proof.map(String) : [];
    try {
      await verifyConsistency({
        oldSize: from.size, newSize: fresh.size, oldRoot: fromHex(from.root, 32), newRoot: fromHex(fresh.root, 32),
        proof: proof.map(fromBase64),
      });
    } catch (error) {
      if (error instanceof EvidenceError) throw new Differs("not_continued", from === kept ? fresh : from, proof);
      throw error;
    }
    return fresh;
  }

  /**
   * A checkpoint of this case with the signature of the pinned key; at first sight, of the key it comes with.
   * Where the key was changed in due form, the old and the new one have both signed (docs/evidence.md §4).
   * @param {string} id @param {{size: number, note: string, vkey: string}} offered @param {Kept|null} kept
   * @returns {Promise<Shown>}
   */
  async #opened(id, { size, note, vkey }, kept) {
    try {
      const own = await parseVkey(vkey);
      const verifiers = kept && kept.vkey !== vkey ? [await parseVkey(kept.vkey), own] : [own];
      const [first, ...others] = verifiers;
      const checkpoint = await openCheckpoint(note, first, others);
      const place = placeOf(checkpoint.origin);
      if (place.case !== id || place.space !== null || checkpoint.size !== size) throw new EvidenceError("another log");
      return { size, root: toHex(checkpoint.root), note, vkey };
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      throw new Differs("unsigned", { size: Number(size) || 0, root: "", note: String(note), vkey: String(vkey) });
    }
  }

  /** @param {string} id @param {Kept|null} kept @param {Shown} next */
  async #replace(id, kept, next) {
    if ((await this.store.conflicts(id)).length) return true; // evidence is never overwritten
    const record = { case: id, size: next.size, root: next.root, note: next.note, vkey: next.vkey, at: this.now() };
    if (!(await this.store.replace(kept, record))) return false;
    this.#state(record);
    return true;
  }

  /** @param {Kept} kept */
  #state(kept) {
    this.#stated.set(kept.case, { n: kept.size, root: kept.root });
  }

  /** @param {string} id @param {() => Promise<Outcome>} look @returns {Promise<Outcome>} */
  async #judged(id, look) {
    try {
      return await look();
    } catch (error) {
      if (error instanceof NotAsked) return "unasked";
      if (error instanceof CannotVerify) return "unable";
      if (error instanceof Contradicted) await this.accuse(id, error.why);
      else if (error instanceof Differs) await this.accuse(id, error.why, error.shown, error.proof);
      else throw error;
      return "differs";
    }
  }

  /**
   * Keep both sides of a difference.
   * @param {string} id @param {string} why @param {Shown|null} [shown] @param {string[]} [proof]
   */
  async accuse(id, why, shown = null, proof = []) {
    const kept = await this.store.kept(id);
    if (!kept) return; // nothing was kept: what was shown proves nothing against anybody
    const [size, root] = [shown?.size ?? 0, shown?.root ?? ""];
    await this.store.accuse({ case: id, size, root, why, at: this.now(), kept, shown, proof });
  }
}

/**
 * The evidence as a text that a person can keep and hand on: sentences, then both signed notes as they are.
 * @param {Conflict} conflict @param {(name: string, values?: Record<string, string|number>) => string} say
 */
export function evidenceText(conflict, say) {
  const { kept, shown, proof } = conflict;
  const parts = [
    say("seen_file_title"),
    say("seen_file_what", { case: conflict.case }),
    say(`seen_why_${conflict.why}`),
    say("seen_file_kept", { size: kept.size, at: new Date(kept.at).toISOString() }),
    kept.note,
    `${say("seen_file_key")} ${kept.vkey}`,
    say("seen_file_shown", { size: conflict.size, at: new Date(conflict.at).toISOString() }),
    shown ? shown.note : say("seen_file_none"),
    shown ? `${say("seen_file_key")} ${shown.vkey}` : "",
    proof.length ? `${say("seen_file_proof")}\n${proof.join("\n")}` : "",
    say("seen_file_next"),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}
