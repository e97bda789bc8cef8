// Tables in Markdown, as the README shows them.

const rounded = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, ""));

/** Median and quartiles, milliseconds. */
export const spread = ({ median, low, high }) => `${rounded(median)} (${rounded(low)} to ${rounded(high)})`;

export const ratio = (other, ours) => `${(other.median / ours.median).toFixed(2)}`;

/** @param {string[]} head @param {string[][]} rows */
export const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/**
 * The time at the roofline over the measured one: of operations or bytes, whichever takes longer.
 * @param {{peak: number[], costs: Record<string, number[]>}} roof operations and bytes, a second and a run
 */
export function share({ peak, costs }, name, { median }) {
  const seconds = Math.max(...costs[name].map((count, kind) => count / peak[kind]));
  return `${(costs[name][0] / 1e6).toFixed(0)} MFLOP, ${(costs[name][1] / 1e6).toFixed(1)} MB: ${Math.round((1e5 * seconds) / median)} %`;
}

/** Whatever follows a runtime's name: its threads. */
const suffix = (runtime) => runtime.split(", ").slice(1).join();

/**
 * Each thing that was timed on several runtimes: ours first, with the share of the roof that the first of them reaches, then the others
 * with their ratio to ours on as many threads.
 */
export function comparison(what, measured, roof) {
  const runtimes = [...new Set(measured.flatMap(([, times]) => Object.keys(times)))];
  const ours = runtimes.filter((runtime) => runtime.startsWith("Ritratto"));
  const others = runtimes.filter((runtime) => !ours.includes(runtime));
  const match = (other) => ours.find((own) => suffix(own) === suffix(other)) ?? ours[0];
  const rows = measured.map(([name, times]) => [
    name,
    spread(times[ours[0]]),
    ...(roof ? [share(roof, name, times[ours[0]])] : []),
    ...ours.slice(1).map((own) => spread(times[own])),
    ...others.flatMap((other) => (times[other] ? [spread(times[other]), ratio(times[other], times[match(other)])] : ["", ""])),
  ]);
  const work = roof ? ["work: share of the roofline"] : [];
  return table([what, ours[0], ...work, ...ours.slice(1), ...others.flatMap((other) => [other, "ratio"])], rows);
}
