/**
 * Sentences for the page, translated by the server, with {placeholders}.
 * @param {string} sentence @param {Record<string, string|number>} [values]
 */
export function fill(sentence, values = {}) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * 4.2 MB, powers of 1000, as files are shown to people and as the server writes them.
 * @param {number} size  bytes
 * @param {string} locale
 * @param {string[]} units  from bytes to GB
 */
export function fileSize(size, locale, units) {
  let step = 0;
  let value = size;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  const digits = step === 0 ? 0 : 1;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)}\u00a0${units[step]}`;
}
