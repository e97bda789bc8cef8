// Decides whether help from other threads is worth it: when other work keeps the cores busy, waiting for a thread costs
// more time than that thread saves.

/**
 * The first runs, this many, are helped and not helped in turns: they are slow either way, because the browser has not
 * optimised their code yet.
 */
const SETTLING = 20;
/** After that, one run in this many is done in the way that was slower so far, to see whether it is faster by now. */
const TRIED = 16;
/** How many of the last times of each way are kept. Their median hardly changes when something else ran at times. */
const KEPT = 5;

/** The median of some times; 0 if there is none, so that a way that was never measured is tried. */
const middle = (times) => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;

/** Chooses for every run of a net whether this thread does it alone or with help. */
export class Pace {
  /** The last milliseconds of runs alone, and with help. */
  #times = [[], []];
  #runs = 0;
  #helped = true;

  /** Whether the next run is helped. */
  choose() {
    const [alone, helped] = this.#times.map(middle);
    const better = helped <= alone;
    const run = this.#runs++;
    if (run < SETTLING) this.#helped = run % 2 === 0;
    else this.#helped = run % TRIED === 0 ? !better : better;
    return this.#helped;
  }

  /** Takes the milliseconds of the run that was chosen last. */
  took(time) {
    const times = this.#times[Number(this.#helped)];
    times.push(time);
    if (times.length > KEPT) times.shift();
  }
}
