/**
 * Who reads a room.
 *
 * @typedef {{pid: string, name: string, initials: string, role: string, neutral: boolean, you: boolean}} Reader
 */

/**
 * Who came and who left between two lists of readers.
 * @param {Reader[]} before @param {Reader[]} now
 * @returns {{came: Reader[], left: Reader[]}}
 */
export function changes(before, now) {
  const pids = (/** @type {Reader[]} */ readers) => new Set(readers.map((reader) => reader.pid));
  const [then, present] = [pids(before), pids(now)];
  return {
    came: now.filter((reader) => !then.has(reader.pid)),
    left: before.filter((reader) => !present.has(reader.pid)),
  };
}
