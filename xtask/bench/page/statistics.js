// Times of things that take turns.

/** The value below which a share of the values lies. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Median and quartiles of milliseconds. */
export const summary = (values) => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
  count: values.length,
});

/** A runtime's threads may look for more work for a while after its answer; the next one's turn must not pay for it. */
const QUIET = 30;

/**
 * Milliseconds of each of `works`, in rounds in which each has its turn: what slows the machine for a while slows all alike.
 * @param {Record<string, () => Promise<unknown>>} works
 * @param {{first: number, rounds: number, repeats: number}} how often: runs of each that come before, until browsers have optimised
 *   its code and it has found how it runs best; rounds, and runs of each in a round
 * @returns {Promise<Record<string, {median: number, low: number, high: number, count: number}>>}
 */
export async function takeTurns(works, { first, rounds, repeats }) {
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (const work of Object.values(works)) for (let k = 0; k < first; k++) await work();
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      await new Promise((resolve) => setTimeout(resolve, QUIET));
      for (let k = 0; k < repeats; k++) {
        const start = performance.now();
        await work();
        times[name].push(performance.now() - start);
      }
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values)]));
}
