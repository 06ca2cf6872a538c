import type { Config } from "../config.ts";
import type { Logger } from "../monitoring/log.ts";
import type { SnapshotSource } from "../storage/read-snapshot.ts";

/** What the routes use. */
export type ApiServices = {
  readonly config: Config;
  readonly now: () => number;
  readonly db: D1Database;
  readonly snapshots: SnapshotSource;
  readonly log: Logger;
};
