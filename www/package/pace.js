// Whether help is worth it: when other work keeps the cores busy, waiting for a thread costs more than it does.

/** So many runs take turns at first: the first of them are slow whatever they do, as the browser has not optimised their code yet. */
const SETTLING = 20;
/** After that one of so many runs is done the other way, to see whether it takes less by now. */
const TRIED = 16;
/** Times that are looked at: the middle one does not mind that something else ran now and then. */
const KEPT = 5;

/** The middle of some times; what was never measured is worth a try. */
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
