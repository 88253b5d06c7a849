// Whose turn it is: what one subject leaves behind it (garbage, a log to be compacted) is met by whoever comes next.

/**
 * The order of a run. Every second run goes the other way round, and the pairs begin at places spread over all
 * entries: so that, given pairs enough, nobody is always first, last, or behind the same neighbour.
 */
export function inTurn<T>(entries: readonly T[], run: number, runs: number): T[] {
  const pairs = Math.ceil(runs / 2);
  const first = Math.floor((Math.floor(run / 2) * entries.length) / pairs);
  const turned = [...entries.slice(first), ...entries.slice(0, first)];
  return run % 2 === 0 ? turned : turned.reverse();
}
