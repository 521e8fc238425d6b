/**
 * The state of the connection, from what happens to it.
 *
 *   connecting  trying; nothing is said yet
 *   live        the socket is open
 *   polling     sockets do not get through, requests do: the page asks every few seconds
 *   offline     nothing gets through
 *   ended       signed out or removed: nothing is tried any more
 *
 * @typedef {"connecting"|"live"|"polling"|"offline"|"ended"} State
 */

/** Tries to open a socket before the page begins to ask instead. */
export const TRIES = 2;

export class Link {
  /** @type {State} */
  state = "connecting";
  #failures = 0;

  socketOpened() {
    this.#failures = 0;
    return this.#become("live");
  }

  /** The open socket was lost. */
  socketLost() {
    this.#failures = 0;
    return this.#become(this.state === "live" ? "connecting" : this.state);
  }

  /** A try to open one failed. */
  socketFailed() {
    this.#failures += 1;
    return this.state === "connecting" && this.#failures >= TRIES ? this.#become("polling") : this.state;
  }

  /** There is nothing to open a socket with. */
  socketImpossible() {
    this.#failures = TRIES;
    return this.#become("polling");
  }

  requestAnswered() {
    return this.state === "offline" ? this.#become("polling") : this.state;
  }

  requestFailed() {
    return this.state === "live" ? this.state : this.#become("offline");
  }

  networkLost() {
    return this.#become("offline");
  }

  networkBack() {
    this.#failures = 0;
    return this.#become("connecting");
  }

  end() {
    this.state = "ended";
    return this.state;
  }

  /** @param {State} state */
  #become(state) {
    if (this.state !== "ended") this.state = state;
    return this.state;
  }
}
