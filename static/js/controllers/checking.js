/** The checks on this device, for the controllers that show them: what they need, and why they cannot be made. */
import { canHash } from "../evidence/bytes.js";
import { CannotVerify } from "../evidence/note.js";
import { NotAPack, verifyPack } from "../evidence/pack/verify.js";
import { openSeenStore } from "../evidence/seen_store.js";
import { NoCheck } from "./results.js";

export { EvidenceError } from "../evidence/bytes.js";
export { checkCode, checkReceipt, codeIn, fingerprintOf, sortOf } from "../evidence/dropped.js";

const LIBRARY = "/vendor/zip.js";
const library = import(LIBRARY);
library.catch(() => {}); // said when somebody wants to check

/** @typedef {import("../page.js").Page} Page */

/** What this browser keeps of a case. @param {Page} page @returns {(id: string) => Promise<import("../evidence/seen_store.js").Kept|null>} */
export function keeping(page) {
  return async (id) => (page.seen ? page.seen.kept(id) : (await openSeenStore()).kept(id));
}

/**
 * Check a pack on this device.
 * @param {Blob} file @param {Page} page @param {import("../evidence/pack/verify.js").Progress} progress @param {string} [given] vkey
 * Throws NoCheck.
 */
export async function checkPack(file, page, progress, given = "") {
  return guarded(async () => verifyPack(file, { library: await loaded(), keptOf: keeping(page), progress, given }));
}

/** @template T @param {() => Promise<T>} check @returns {Promise<T>} Throws NoCheck, and what the check itself throws. */
export async function guarded(check) {
  if (!canHash()) throw new NoCheck("no_crypto");
  try {
    return await check();
  } catch (error) {
    if (error instanceof CannotVerify) throw new NoCheck("no_ed25519");
    if (error instanceof NotAPack) throw new NoCheck("no_pack");
    throw error;
  }
}

/** The library that opens packs. */
function loaded() {
  return library.catch(() => {
    throw new NoCheck("no_library");
  });
}
