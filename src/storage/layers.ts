import { SECOND_MS } from "../domain/units.ts";
import type { Flags } from "../flags.ts";
import { loadFlags } from "./flags.ts";

/** Which layers are in use: the cache in KV, and the facts in D1. The flags `kv_enabled` and `d1_enabled`. */
export type Layers = { readonly kv: boolean; readonly d1: boolean };

export const layersOf = ({ kv_enabled: kv, d1_enabled: d1 }: Pick<Flags, "kv_enabled" | "d1_enabled">): Layers => ({ kv, d1 });

/** What an isolate knows of the layers. */
export type LayerSwitches = {
  /** As the flags had them within the last 10 s, else as they have them now. */
  readonly read: () => Promise<Layers>;
  /** As this isolate last had them, without any wait; both on before it ever had. */
  readonly known: () => Layers;
  /** Tells of flags that were just loaded. */
  readonly note: (flags: Flags) => void;
};

/** How long an isolate goes by flags that it has read. */
const KNOWN_MS = 10 * SECOND_MS;

/** The switches of one isolate. The flags stand in D1 also while D1 is not used for anything else. */
export function layerSwitches({
  db,
  deployment,
  now,
}: {
  readonly db: D1Database;
  /** This deployment's own defaults of flags. */
  readonly deployment: Readonly<Record<string, unknown>>;
  readonly now: () => number;
}): LayerSwitches {
  let last: { readonly flags: Flags; readonly atMs: number } | null = null;
  const note = (flags: Flags): void => {
    last = { flags, atMs: now() };
  };
  return {
    read: async () => {
      const isFresh = last !== null && Math.abs(now() - last.atMs) < KNOWN_MS;
      if (!isFresh) note((await loadFlags(db, { deployment, lastGood: last?.flags ?? null })).flags);
      return last === null ? BOTH : layersOf(last.flags);
    },
    known: () => (last === null ? BOTH : layersOf(last.flags)),
    note,
  };
}

/** Why nobody is told anything; `null` while alerts go out. */
export const alertsPaused = ({ d1 }: Layers): string | null =>
  d1 ? null : "the flag d1_enabled is off: nothing is stored, so nobody can be told just once";

export const BOTH: Layers = { kv: true, d1: true };
