import type { Snapshot } from "../storage/snapshot.ts";

/** A snapshot as messages show it: a `SnapshotRead` of storage is one. */
export type ShownSnapshot = {
  readonly snapshot: Snapshot;
  /** `d1`: there are no market columns. */
  readonly source: "kv" | "d1";
  /** Time since the scan ended, ms. */
  readonly ageMs: number;
};
