/** Requests to our own server. A refusal carries the server's sentence; everything else is a network that did not answer. */

export class Refused extends Error {
  /** @param {number} status @param {Record<string, any>} problem  problem+json */
  constructor(status, problem) {
    super(problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
    this.code = problem.code ?? "";
  }

  /** The sentence for the person: the fields' own where there are some. */
  get sentence() {
    const fields = Array.isArray(this.problem.errors) ? this.problem.errors.map((/** @type {any} */ each) => each.title) : [];
    return fields.filter(Boolean).join(" ") || this.problem.title || "";
  }
}

export class Unreachable extends Error {}

/** @typedef {{method?: string, json?: unknown, headers?: Record<string, string>, csrf?: string, html?: boolean, keepalive?: boolean}} Options */

/**
 * @param {string} url @param {Options} [options]
 * @returns {Promise<any>} the JSON value, or the text with `html`. Throws Refused or Unreachable.
 */
export async function ask(url, { method = "GET", json, headers = {}, csrf = "", html = false, keepalive = false } = {}) {
  const all = new Headers({ Accept: html ? "text/html" : "application/json", ...headers });
  if (json !== undefined) all.set("Content-Type", "application/json");
  if (csrf) all.set("X-CSRFToken", csrf);
  let response;
  try {
    // Redirects are answers of their own here: the only one is to the sign-in page.
    response = await fetch(url, {
      method, keepalive, headers: all, body: json === undefined ? undefined : JSON.stringify(json), redirect: "manual",
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (response.type === "opaqueredirect") throw new Refused(401, { code: "unauthenticated" });
  const problem = response.ok ? {} : await problemOf(response);
  // A proxy says 503 without a code; with one, the server itself has a reason that the person should read.
  if ([502, 503, 504].includes(response.status) && !problem.code) throw new Unreachable(String(response.status));
  if (!response.ok) throw new Refused(response.status, problem);
  if (response.status === 204) return null;
  return html ? response.text() : response.json();
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    return (response.headers.get("Content-Type") ?? "").includes("json") ? await response.json() : {};
  } catch {
    return {};
  }
}

/**
 * Send one file. Progress in bytes of the whole request.
 * @param {{url: string, form: FormData, headers: Record<string, string>, progress: (sent: number, total: number) => void,
 *          signal: AbortSignal}} options
 * @returns {Promise<any>} Throws Refused, Unreachable, or an AbortError.
 */
export function sendFile({ url, form, headers, progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onerror = () => reject(new Unreachable("network"));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 201 || request.status === 200) resolve(answer);
      else if ([0, 502, 503, 504].includes(request.status) && !answer?.code) reject(new Unreachable(String(request.status)));
      else reject(new Refused(request.status, answer ?? {}));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
