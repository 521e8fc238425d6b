/** Records on the device. Storage may be full, forbidden or tampered with: that must never stop what a person does. */

/**
 * @param {Storage} storage @param {string} prefix
 * @returns {string[]} the keys that begin with it
 */
export function keysOf(storage, prefix) {
  const keys = [];
  for (let index = 0; index < storage.length; index += 1) {
    const key = storage.key(index);
    if (key?.startsWith(prefix)) keys.push(key);
  }
  return keys;
}

/**
 * @param {Storage} storage @param {string} key
 * @returns {any} the record, or null where there is none that can be read
 */
export function record(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {() => void} action @returns {boolean} whether it went well */
export function attempt(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
