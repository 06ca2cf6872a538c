import type { FeedAsk, FeedReply } from "./domain/feed.ts";
import type { Result } from "./domain/result.ts";
import type { QualityOverrides, ScanSettings } from "./domain/settings.ts";
import type { VenueFacts } from "./domain/venue.ts";
import type { Reconciled } from "./lifecycle/reconcile.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import type { Logger } from "./monitoring/log.ts";
import type { GateResult } from "./quality/gate.ts";
import type { IdentityEvidence, VenueIdentity } from "./quality/identity.ts";
import type { IdentityMemory } from "./quality/identity-memory.ts";
import type { SaveOutcome } from "./storage/save-scan.ts";
import type { ScanRecord } from "./storage/scan-record.ts";
import type { Market } from "./strategies/strategy.ts";

/** One scan: its identity, the settings in force, and what the scan before left. */
export type ScanInput = {
  readonly slotMs: number;
  readonly scanId: string;
  readonly trigger: string;
  readonly market: string;
  readonly intervalSeconds: number;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly realTimeData: boolean;
  readonly venueLimitMs: number;
  readonly scanDeadlineMs: number;
  readonly settings: ScanSettings;
  readonly overrides: QualityOverrides;
  readonly lifecycle: LifecycleState;
  readonly identity: IdentityMemory;
};

/** Everything a scan touches outside itself. */
export type ScanPorts = {
  readonly venues: readonly VenueFacts[];
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly save: (record: ScanRecord, outcome: Reconciled) => Promise<Result<SaveOutcome, { readonly message: string }>>;
  readonly publish: (record: ScanRecord, market: GatedMarket, outcome: Reconciled) => Promise<void>;
  readonly now: () => number;
  readonly log: Logger;
};

/** What a scan hands to the next one. */
export type ScanOutput = {
  readonly record: ScanRecord;
  readonly lifecycle: LifecycleState;
  readonly identity: IdentityMemory;
  /** Rows that storage kept out: then D1 knows better than `lifecycle` what is open. */
  readonly refusedRows: number;
};

/** The rows of all venues after gate and identity. */
export type GatedMarket = {
  readonly venues: readonly GatedVenue[];
  readonly evidence: readonly IdentityEvidence[];
};
export type GatedVenue = Market[number] & { readonly gated: GateResult; readonly identity: VenueIdentity };
