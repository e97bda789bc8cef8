// Calls of which only the newest counts: while one is under way, those that wait give way to it.

export class Latest {
  #work;
  #value;
  #running = null;
  #waiting = null;

  /** @param {(value: unknown) => Promise<unknown>} work */
  constructor(work) {
    this.#work = work;
  }

  /** Settles as the work for this value does, or for the newer one that took its place. */
  call(value) {
    this.#value = value;
    if (this.#waiting) return this.#waiting;
    if (!this.#running) return this.#start();
    const next = () => this.#start();
    this.#waiting = this.#running.then(next, next);
    return this.#waiting;
  }

  #start() {
    this.#waiting = null;
    const running = this.#work(this.#value);
    this.#running = running;
    const done = () => {
      if (this.#running === running) this.#running = null;
    };
    running.then(done, done);
    return running;
  }
}
