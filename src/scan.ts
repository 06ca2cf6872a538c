import type { BooksAsk, BooksReply, Depths } from "./domain/depth.ts";
import type { FeedAsk, FeedHealth, FeedId, FeedReply } from "./domain/feed.ts";
import type { IdentityRulings, Quarantined } from "./domain/identity.ts";
import type { Priced } from "./domain/opportunity.ts";
import type { Result } from "./domain/result.ts";
import type { QualityOverrides, ScanSettings } from "./domain/settings.ts";
import type { VenueFacts } from "./domain/venue.ts";
import type { WantedBook } from "./feeds/ask-books.ts";
import type { FetchSettings } from "./fetch-settings.ts";
import type { DepthPace } from "./feeds/depth-pace.ts";
import type { FeedLoads } from "./feeds/plan-scan.ts";
import type { Owed, Writes } from "./lifecycle/owed.ts";
import type { Reconciled } from "./lifecycle/reconcile.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import type { Logger } from "./monitoring/log.ts";
import type { GateResult } from "./quality/gate.ts";
import type { VenueIdentity } from "./quality/identity-log.ts";
import type { IdentityMemory } from "./quality/identity-memory.ts";
import type { SaveOutcome } from "./storage/save-outcome.ts";
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
  /** Time for all order books of the scan, inside its deadline, ms. */
  readonly depthLimitMs: number;
  readonly fetching: FetchSettings;
  /** Whether the scan writes its latencies to the log. */
  readonly performanceMonitoring: boolean;
  readonly settings: ScanSettings;
  readonly overrides: QualityOverrides;
  readonly lifecycle: LifecycleState;
  /** Whether the scan is stored: the flag `d1_enabled`. */
  readonly storing: boolean;
  /** Rows that changed while nothing was stored. */
  readonly owed: Owed;
  readonly identity: IdentityMemory;
  /** What operators ruled on single instruments. */
  readonly rulings: IdentityRulings;
  /** Order books read by the scans before. */
  readonly depths: Depths;
  /** Books that the scan before chose to be read in this one. */
  readonly wanted: readonly WantedBook[];
  /** Feeds that let their time pass in the scan before. */
  readonly silent: readonly FeedId[];
  /** Calls to venues that one scan may ask for. */
  readonly maxCalls: number;
  /** Pairs whose books a scan asks for at least and at most. */
  readonly depthPairs: { readonly min: number; readonly max: number };
  /** What the scans before measured of the feeds, and how many books they found bearable. */
  readonly loads: FeedLoads;
  readonly depthPace: DepthPace;
  /** Since when endpoints have failed at feeds that gave rows. */
  readonly failing: Failing;
  /** How feeds stood when they last said so. */
  readonly standings: Standings;
  /** Slow endpoints that may be fetched in this scan, over all feeds. */
  readonly maxSlowCalls: number;
  /** Slow endpoints of each feed that waited after the scan before; a feed that is not named has all of its own to read. */
  readonly slowDue: Readonly<Record<FeedId, number>>;
};

/** By feed and endpoint, epoch ms. */
export type Failing = Readonly<Record<FeedId, Readonly<Record<string, number>>>>;

/** By feed; `atMs` is the scan that it was told in, epoch ms. */
export type Standings = Readonly<Record<FeedId, { readonly health: FeedHealth; readonly atMs: number }>>;

/** A feed to ask, with what the documents say of its venue. An adapter is one. */
export type ScannedFeed = {
  readonly id: FeedId;
  readonly facts: VenueFacts;
  readonly endpoints: Readonly<Record<string, { readonly refreshMs: number; readonly alternativeTo?: string }>>;
};

/** Everything a scan touches outside itself. */
export type ScanPorts = {
  readonly feeds: readonly ScannedFeed[];
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly books: (ask: BooksAsk) => Promise<BooksReply>;
  /** Stores a scan with the rows that it changed and their events. Not called while nothing is stored. */
  readonly save: (record: ScanRecord, writes: Writes) => Promise<Result<SaveOutcome, { readonly message: string }>>;
  readonly publish: (shown: Published) => Promise<void>;
  readonly now: () => number;
  readonly log: Logger;
};

/** What readers are shown of a scan. */
export type Published = {
  readonly record: ScanRecord;
  readonly market: GatedMarket;
  readonly outcome: Reconciled;
  /** Pairs that are not open and may be for a person with lower fees. */
  readonly candidates: readonly Priced[];
};

/** What a scan hands to the next one. */
export type ScanOutput = {
  readonly record: ScanRecord;
  readonly lifecycle: LifecycleState;
  readonly owed: Owed;
  readonly identity: IdentityMemory;
  readonly depths: Depths;
  readonly wanted: readonly WantedBook[];
  readonly silent: readonly FeedId[];
  readonly slowDue: Readonly<Record<FeedId, number>>;
  readonly loads: FeedLoads;
  readonly depthPace: DepthPace;
  readonly failing: Failing;
  readonly standings: Standings;
  /** Rows that storage kept out: then D1 knows better than `lifecycle` what is open. */
  readonly refusedRows: number;
};

/** The rows of all feeds after gate and identity; a venue with two feeds stands in it twice. */
export type GatedMarket = {
  readonly venues: readonly GatedVenue[];
  /** Instruments that identity keeps out. */
  readonly quarantine: readonly Quarantined[];
};
export type GatedVenue = Market[number] & { readonly feed: FeedId; readonly gated: GateResult; readonly identity: VenueIdentity };
