/**
 * Files chosen to be filed, one after the other in the order of the list, so that their numbers follow it.
 *
 *   chosen -> queued -> sending -> sealing -> done
 *                          |-> interrupted (try again, same key: filed once)
 *                          |-> refused     (a sentence says why)
 *
 * @typedef {"chosen"|"queued"|"sending"|"sealing"|"interrupted"|"refused"|"done"} State
 * @typedef {{key: string, name: string, size: number, title: string, state: State, sent: number, total: number, note: string,
 *            audience: string, file: any}} Upload
 */

export class UploadQueue {
  /** @type {Upload[]} */
  items = [];

  /** @param {{limit: number, empty: string, large: string, newId?: () => string}} options  limit in bytes; the others are sentences */
  constructor({ limit, empty, large, newId = () => crypto.randomUUID() }) {
    this.limit = limit;
    this.empty = empty;
    this.large = large;
    this.newId = newId;
  }

  /**
   * What can be refused is refused before a byte is sent.
   * @param {{name: string, size: number}} file
   * @returns {Upload}
   */
  choose(file) {
    const note = file.size === 0 ? this.empty : file.size > this.limit ? this.large : "";
    /** @type {Upload} */
    const upload = {
      key: this.newId(), name: file.name, size: file.size, title: titleOf(file.name), state: note ? "refused" : "chosen",
      sent: 0, total: file.size, note, audience: "", file,
    };
    this.items.push(upload);
    return upload;
  }

  /** Everything chosen goes, for the readers named on the button. @param {string} audience */
  start(audience) {
    for (const upload of this.items) if (upload.state === "chosen") Object.assign(upload, { state: "queued", audience });
  }

  /** The file to send now; undefined while one is on its way. */
  next() {
    if (this.items.some((upload) => upload.state === "sending" || upload.state === "sealing")) return undefined;
    return this.items.find((upload) => upload.state === "queued");
  }

  /** @param {Upload} upload @param {State} state @param {string} [note] */
  mark(upload, state, note = "") {
    Object.assign(upload, { state, note });
  }

  /** @param {Upload} upload @param {number} sent @param {number} total */
  progress(upload, sent, total) {
    Object.assign(upload, { sent, total, state: sent >= total ? "sealing" : "sending" });
  }

  /**
   * Send again with the same key: what did arrive after all is answered, not filed twice.
   * @param {Upload} upload @param {string} audience
   */
  retry(upload, audience) {
    Object.assign(upload, { state: "queued", note: "", sent: 0, audience });
  }

  /** @param {Upload} upload */
  remove(upload) {
    this.items = this.items.filter((other) => other !== upload);
  }

  get waiting() {
    return this.items.filter((upload) => upload.state === "chosen");
  }

  get busy() {
    return this.items.some((upload) => ["queued", "sending", "sealing"].includes(upload.state));
  }
}

/** The file's name without its ending: what the server would take as title. @param {string} name */
export function titleOf(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}
