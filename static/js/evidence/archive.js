/**
 * A zip file on this device, read in place: the library (docs/decisions/0011-zip-in-the-browser.md) asks the file for the
 * parts it needs, so a pack is never held in memory as a whole, and nothing is written anywhere.
 */
import { EvidenceError } from "./bytes.js";

/** Above this a member cannot be hashed here: browsers hash what is in memory only. */
export const LARGEST = 256 * 1024 * 1024; // bytes

/** No zip file, or one that cannot be read as one. */
export class NoArchive extends Error {}

/** @typedef {{path: string, size: number, read: () => Promise<Uint8Array>}} Member  size in bytes, once unpacked */

/**
 * @param {Blob} file @param {any} library  the module of zip.js
 * @returns {Promise<Member[]>} in the order of the archive's list, folders left out. Throws NoArchive.
 */
export async function membersOf(file, library) {
  // Workers and WebAssembly are what our Content-Security-Policy refuses; the browser inflates by itself.
  library.configure({ useWebWorkers: false, useCompressionStream: true });
  const reader = new library.ZipReader(new library.BlobReader(file), { checkSignature: true });
  try {
    const entries = await reader.getEntries();
    return entries.filter((/** @type {any} */ entry) => !entry.directory).map((/** @type {any} */ entry) => memberOf(entry, library));
  } catch (error) {
    throw new NoArchive(String(error));
  }
}

/** @param {any} entry @param {any} library @returns {Member} */
function memberOf(entry, library) {
  const read = async () => {
    if (entry.encrypted) throw new EvidenceError("a member is encrypted");
    try {
      return await entry.getData(new library.Uint8ArrayWriter());
    } catch (error) {
      throw new EvidenceError(`a member cannot be unpacked: ${error}`);
    }
  };
  return { path: entry.filename, size: entry.uncompressedSize, read };
}
