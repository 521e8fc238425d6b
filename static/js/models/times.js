/** Moments in the person's own zone and language, whatever zone the words were first written in. */

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  time: { hour: "2-digit", minute: "2-digit" },
  datetime: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
};

export class Times {
  /** @type {Map<string, Intl.DateTimeFormat>} */
  #formats = new Map();
  #key;

  /** @param {string} locale @param {string} zone  IANA name */
  constructor(locale, zone) {
    for (const [style, options] of Object.entries(STYLES)) {
      this.#formats.set(style, new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }));
    }
    this.#key = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone });
  }

  /** @param {string} moment  ISO 8601 @param {string} style  time, datetime or day */
  write(moment, style) {
    return (this.#formats.get(style) ?? this.#formats.get("time"))?.format(new Date(moment)) ?? "";
  }

  /** One word per calendar day in the person's zone. @param {string} moment */
  day(moment) {
    return this.#key.format(new Date(moment));
  }
}
