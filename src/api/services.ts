import type { Config } from "../config.ts";
import type { Logger } from "../monitoring/log.ts";
import type { RuleFacts } from "../storage/rules.ts";
import type { SnapshotSource } from "../storage/read-snapshot.ts";

/** What the routes use. */
export type ApiServices = {
  readonly config: Config;
  readonly now: () => number;
  readonly db: D1Database;
  readonly snapshots: SnapshotSource;
  readonly log: Logger;
  /** The rules of data quality. */
  readonly rules: readonly RuleFacts[];
  /** How often this isolate's services were built and found built. */
  readonly container: () => Readonly<Record<string, unknown>>;
  /** A new id. */
  readonly random: () => string;
  /** Puts a confirmed broadcast on the queue that makes its deliveries. */
  readonly startBroadcast: (broadcastId: string) => Promise<void>;
};
