/** Lines of a .jsonl member, in handfuls, so that a page with a hundred thousand of them stays alive. */
import { EvidenceError } from "../bytes.js";

const NEWLINE = 0x0a;
/** Lines at a time: their hashes are asked for together, and the page may breathe before the next ones. */
const HANDFUL = 64;
const TURN_MS = 40; // at most, between two turns of the page

/**
 * @param {Uint8Array} data  each line ends in a newline; an empty file has no line (docs/evidence.md §9.1: split at it alone)
 * @returns {Uint8Array[]} without their newlines. Throws EvidenceError where the last one is cut.
 */
export function linesOf(data) {
  const lines = [];
  let start = 0;
  while (start < data.length) {
    const end = data.indexOf(NEWLINE, start);
    if (end < 0) throw new EvidenceError("the last line does not end");
    lines.push(data.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/**
 * Answers of the browser's cryptography come so fast, one after the other, that nothing is drawn or clicked between them
 * unless the page is given a turn.
 * @template T @param {T[]} all @returns {AsyncGenerator<{start: number, some: T[]}>}
 */
export async function* handfuls(all) {
  let rested = performance.now();
  for (let start = 0; start < all.length; start += HANDFUL) {
    if (performance.now() - rested > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      rested = performance.now();
    }
    yield { start, some: all.slice(start, start + HANDFUL) };
  }
}
