/** One of the things that are compared: the same work each time it runs. */
export type Side = { readonly name: string; readonly run: () => Promise<void> | void };

/** CPU ms of each side, round by round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/**
 * Runs all sides in turn, round after round, beginning with another one each time, so that whatever else the machine does
 * meets all of them alike.
 */
export async function interleave(sides: readonly Side[], rounds: { readonly warmUp: number; readonly measured: number }): Promise<Samples> {
  const samples = new Map(sides.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds.warmUp + rounds.measured; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(round + turn) % sides.length];
      if (side === undefined) continue;
      const ms = await cpuMs(side.run);
      if (round >= rounds.warmUp) samples.get(side.name)?.push(ms);
    }
  }
  return samples;
}

/** CPU time of one run, ms: user and system, all threads of the process, the garbage collector's work among it. */
export async function cpuMs(run: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The value in the middle; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median over the rounds of one side's CPU time divided by another's in the same round. */
export function ratio(samples: Samples, over: string, under: string): number {
  const below = samples.get(under) ?? [];
  return median((samples.get(over) ?? []).map((ms, round) => ms / (below[round] ?? Number.NaN)));
}
