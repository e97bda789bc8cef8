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

/** Each thing that was timed on several runtimes: ours first, then the others with their ratio to ours; and our share of a roof. */
export function comparison(what, measured, roof) {
  const runtimes = [...new Set(measured.flatMap(([, times]) => Object.keys(times)))];
  const [ours, ...others] = runtimes;
  const rows = measured.map(([name, times]) => [
    name,
    spread(times[ours]),
    ...(roof ? [share(roof, name, times[ours])] : []),
    ...others.flatMap((other) => (times[other] ? [spread(times[other]), ratio(times[other], times[ours])] : ["", ""])),
  ]);
  return table([what, ours, ...(roof ? ["work: share of the roofline"] : []), ...others.flatMap((other) => [other, "ratio"])], rows);
}
