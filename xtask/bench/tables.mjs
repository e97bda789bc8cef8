// Tables in Markdown, as the README shows them.

const rounded = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, ""));

/** Median and quartiles, milliseconds. */
export const spread = ({ median, low, high }) => `${rounded(median)} (${rounded(low)} to ${rounded(high)})`;

export const ratio = (other, ours) => `${(other.median / ours.median).toFixed(2)}`;

/** @param {string[]} head @param {string[][]} rows */
export const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Each thing that was timed on several runtimes: ours first, then the others with their ratio to ours. */
export function comparison(what, measured) {
  const runtimes = [...new Set(measured.flatMap(([, times]) => Object.keys(times)))];
  const [ours, ...others] = runtimes;
  const rows = measured.map(([name, times]) => [
    name,
    spread(times[ours]),
    ...others.flatMap((other) => (times[other] ? [spread(times[other]), ratio(times[other], times[ours])] : ["", ""])),
  ]);
  return table([what, ours, ...others.flatMap((other) => [other, "ratio"])], rows);
}
