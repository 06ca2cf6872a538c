import { LOCATION_HINTS } from "./domain/venue.ts";

/** How a flag is described. */
export type FlagSpec =
  | { readonly type: "boolean"; readonly default: boolean; readonly why: string }
  | {
      readonly type: "integer" | "number";
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      readonly default: number;
      readonly why: string;
    }
  | { readonly type: "choice"; readonly choices: readonly string[]; readonly default: string; readonly why: string }
  | { readonly type: "list"; readonly choices: readonly string[]; readonly default: readonly string[]; readonly why: string }
  /** One of the choices for some venues, by venue id. */
  | {
      readonly type: "by-venue";
      readonly choices: readonly string[];
      readonly default: Readonly<Record<string, string>>;
      readonly why: string;
    }
  /** Other values of the flags `of` for single venues and pairs. */
  | {
      readonly type: "overrides";
      readonly of: readonly string[];
      /** Those of `of` that hold across venues, so that only a coin may have its own. */
      readonly coinsOnly: readonly string[];
      readonly default: FlagOverrides;
      readonly why: string;
    };

/**
 * Flags with other values for one venue or one pair, e.g. `{"venues":{"gate":{"max_age_seconds":30}},"pairs":{}}`.
 * A pair is named as `QualityOverrides` of domain/settings.ts says.
 */
export type FlagOverrides = {
  readonly venues: Readonly<Record<string, Readonly<Record<string, FlagValue>>>>;
  readonly pairs: Readonly<Record<string, Readonly<Record<string, FlagValue>>>>;
};
/** A value that some flag may have. */
export type FlagValue = boolean | number | string | readonly string[] | Readonly<Record<string, string>> | FlagOverrides;

const NO_OVERRIDES: FlagOverrides = { venues: {}, pairs: {} };
const NO_REGIONS: Readonly<Record<string, string>> = {};

/** Every flag: its type, bounds, default and reason. Rates and nets are fractions (0.0010 = 10 bps). */
export const FLAGS = {
  real_time_data: {
    type: "boolean",
    default: true,
    why: "Off: no call leaves for any venue, and each scan says flag_off.",
  },
  kv_enabled: {
    type: "boolean",
    default: true,
    why: "Off: scans and readers leave KV alone, and readers take D1: no list of rates and no candidates, as D1 keeps none.",
  },
  d1_enabled: {
    type: "boolean",
    default: true,
    why: "Off: scans store no row, nobody is told anything, and readers have KV alone. Flags are still read; in the variable FLAGS it holds also where D1 does not answer.",
  },
  scan_interval_seconds: {
    type: "integer",
    min: 2,
    max: 900,
    unit: "seconds",
    default: 120,
    why: "Length of a slot. Funding moves in minutes, and the cron fires every 2; the alarm serves shorter slots.",
  },
  open_net: {
    type: "number",
    min: 0,
    max: 0.1,
    unit: "fraction of notional over the horizon",
    default: 0.001,
    why: "Net from which a pair opens: 10 bps pay for what the ledger cannot know, such as slippage on a moving book.",
  },
  close_net: {
    type: "number",
    min: -0.1,
    max: 0.1,
    unit: "fraction of notional over the horizon",
    default: 0.0005,
    why: "Net under which an open pair counts towards closing; below open_net, so that a pair at the bar does not flap.",
  },
  confirm_scans: {
    type: "integer",
    min: 1,
    max: 20,
    unit: "scans in a row",
    default: 2,
    why: "One scan may have caught two venues at different moments; two in a row have not.",
  },
  close_scans: {
    type: "integer",
    min: 1,
    max: 20,
    unit: "scans in a row",
    default: 3,
    why: "Closing is told to people who may hold the pair, so it waits longer than opening.",
  },
  data_lost_after_minutes: {
    type: "integer",
    min: 1,
    max: 1440,
    unit: "minutes",
    default: 60,
    why: "After an hour without a leg nobody can say whether the carry is still there.",
  },
  revival_window_hours: {
    type: "number",
    min: 0,
    max: 48,
    unit: "hours",
    default: 4,
    why: "A pair that comes back within it is the same opportunity and no new message.",
  },
  reference_size_usd: {
    type: "number",
    min: 10,
    max: 10_000_000,
    unit: "USD a leg",
    default: 5_000,
    why: "Size at which crossing is priced for the public list.",
  },
  horizon_hours: {
    type: "number",
    min: 1,
    max: 2_160,
    unit: "hours",
    default: 168,
    why: "Holding time over which net is counted: a week, long enough for fees to be a part and not the whole.",
  },
  collateral_per_leg: {
    type: "number",
    min: 0.01,
    max: 1,
    unit: "fraction of notional",
    default: 1,
    why: "Unlevered legs by default, so annual net on capital is half of that on notional.",
  },
  price_closure: {
    type: "number",
    min: 0,
    max: 1,
    unit: "fraction of the price gap",
    default: 0.5,
    why: "How much of a price gap is assumed to close within the horizon. No data says it; half is a guess that is printed.",
  },
  quality_level: {
    type: "choice",
    choices: ["permissive", "strict"],
    default: "permissive",
    why: "Permissive marks what soft rules find, strict refuses it.",
  },
  max_age_seconds: {
    type: "integer",
    min: 1,
    max: 600,
    unit: "seconds",
    default: 60,
    why: "Two legs read a minute apart are no longer one market.",
  },
  max_future_seconds: {
    type: "integer",
    min: 0,
    max: 60,
    unit: "seconds",
    default: 5,
    why: "Clocks of venues differ by less; more is a wrong clock or a wrong unit.",
  },
  max_abs_rate: {
    type: "number",
    min: 0.001,
    max: 1,
    unit: "fraction per funding interval",
    default: 0.1,
    why: "No venue's documented cap is above it; a larger rate is a wrong unit.",
  },
  min_volume_usd: {
    type: "number",
    min: 0,
    max: 1_000_000_000,
    unit: "USD in 24 h",
    default: 500_000,
    why: "Thinner markets show rates at which little can be traded. Soft rule.",
  },
  min_open_interest_usd: {
    type: "number",
    min: 0,
    max: 1_000_000_000,
    unit: "USD, one-sided",
    default: 1_000_000,
    why: "In a smaller market the position itself moves the rate. Soft rule.",
  },
  frozen_scans: {
    type: "integer",
    min: 2,
    max: 1000,
    unit: "scans in a row",
    default: 10,
    why: "Bid, ask, mark and index all unchanged for so long is a feed that stands still. Soft rule.",
  },
  identity_tolerance: {
    type: "number",
    min: 0.001,
    max: 0.2,
    unit: "fraction of price",
    default: 0.03,
    why: "Instruments of one ticker further apart are not the same coin.",
  },
  identity_tolerance_two_venues: {
    type: "number",
    min: 0.001,
    max: 0.2,
    unit: "fraction of price",
    default: 0.01,
    why: "With two venues alone no third price tells which is wrong, so they must be closer.",
  },
  allowed_asset_classes: {
    type: "list",
    choices: ["crypto", "equity", "commodity", "forex", "index", "other"],
    default: ["crypto"],
    why: "Tickers of stocks and coins collide, and their venues keep other hours.",
  },
  rates_must_be_positive: {
    type: "boolean",
    default: false,
    why: "Negative funding is real and half of the carry there is; on, only positive rates pass the gate.",
  },
  low_volume_severity: {
    type: "choice",
    choices: ["soft", "hard", "off"],
    default: "soft",
    why: "A thin market is worth a mark; hard refuses it at either level, off does not ask.",
  },
  low_open_interest_severity: {
    type: "choice",
    choices: ["soft", "hard", "off"],
    default: "soft",
    why: "A small market is worth a mark; hard refuses it at either level, off does not ask.",
  },
  zero_rate_severity: {
    type: "choice",
    choices: ["soft", "hard", "off"],
    default: "soft",
    why: "A rate of exactly zero may be real. Where most of a venue's are zero they are refused whatever stands here.",
  },
  frozen_severity: {
    type: "choice",
    choices: ["soft", "hard"],
    default: "soft",
    why: "A row that stands still opens and refreshes nothing in any case, so it cannot be switched off.",
  },
  unknown_asset_class_severity: {
    type: "choice",
    choices: ["soft", "hard", "off"],
    default: "soft",
    why: "Most venues do not say that a coin is one; hard keeps to those that do.",
  },
  quality_overrides: {
    type: "overrides",
    of: [
      "quality_level",
      "max_age_seconds",
      "max_future_seconds",
      "max_abs_rate",
      "min_volume_usd",
      "min_open_interest_usd",
      "frozen_scans",
      "allowed_asset_classes",
      "rates_must_be_positive",
      "identity_tolerance",
      "identity_tolerance_two_venues",
      "low_volume_severity",
      "low_open_interest_severity",
      "zero_rate_severity",
      "frozen_severity",
      "unknown_asset_class_severity",
    ],
    coinsOnly: ["identity_tolerance", "identity_tolerance_two_venues"],
    default: NO_OVERRIDES,
    why: "A venue or coin with habits of its own gets its own bars, and everything else keeps the common ones.",
  },
  snapshot_ttl_seconds: {
    type: "integer",
    min: 30,
    max: 300,
    unit: "seconds",
    default: 300,
    why: "Readers take an older snapshot for a miss. Never in force below scan_interval_seconds + 90.",
  },
  venue_limit_ms: {
    type: "integer",
    min: 100,
    max: 8_000,
    unit: "milliseconds",
    default: 8_000,
    why: "All calls of one venue in one scan; a venue that hangs costs its own rows, and this much time once.",
  },
  depth_limit_ms: {
    type: "integer",
    min: 0,
    max: 8_000,
    unit: "milliseconds",
    default: 3_000,
    why: "All order books of one scan, asked for with the quotes; what has not come by then is priced without. 0 reads none.",
  },
  depth_pairs_min: {
    type: "integer",
    min: 2,
    max: 10,
    unit: "pairs",
    default: 2,
    why: "Pairs whose order books a scan asks for when most venues answer books slowly. Where it is above depth_pairs_max, that one holds.",
  },
  depth_pairs_max: {
    type: "integer",
    min: 2,
    max: 10,
    unit: "pairs",
    default: 10,
    why: "The same while all goes well: ten pairs are twenty calls. The number between both follows what the scans before met.",
  },
  max_calls_per_scan: {
    type: "integer",
    min: 10,
    max: 1_000,
    unit: "calls",
    default: 100,
    why: "Endpoints and books that one scan asks for, pages and retries on top. Below what all need, books are put off first, then spot, then the venues with the fewest rows.",
  },
  max_slow_calls: {
    type: "integer",
    min: 1,
    max: 40,
    unit: "calls",
    default: 4,
    why: "Metadata and heavy bodies fetched in one scan over all feeds, so that their calls never come all at once.",
  },
  scan_deadline_ms: {
    type: "integer",
    min: 200,
    max: 30_000,
    unit: "milliseconds",
    default: 10_000,
    why: "What has not answered by then is left out of the scan; above venue_limit_ms, so that a feed can still say why.",
  },
  turns_deadline_ms: {
    type: "integer",
    min: 1_000,
    max: 600_000,
    unit: "milliseconds",
    default: 50_000,
    why: "In place of scan_deadline_ms where feeds take turns; under max_age_seconds, or the first rows are too old when the last have come.",
  },
  concurrent_processing_enabled: {
    type: "boolean",
    default: true,
    why: "Off: one call after another over all feeds, for whoever has to find out which of two does the harm. Slower, with the same results.",
  },
  max_feeds_at_once: {
    type: "integer",
    min: 1,
    max: 100,
    unit: "feeds",
    default: 100,
    why: "All by default, since each has connections of its own. Fewer take turns within turns_deadline_ms.",
  },
  max_concurrent_requests: {
    type: "integer",
    min: 1,
    max: 100,
    unit: "calls in flight in one ask of a feed",
    default: 5,
    why: "The platform lets six connections of an invocation wait for headers; one short of it none waits unseen. Never in force above 6.",
  },
  api_connection_pooling_enabled: {
    type: "boolean",
    default: true,
    why: "Off: no limit per host beyond max_concurrent_requests, so that quotes and order books may double at one host.",
  },
  connection_pool_size: {
    type: "integer",
    min: 1,
    max: 100,
    unit: "attempts in flight at one host of a feed",
    default: 5,
    why: "Quotes and order books of a feed share it. Never in force above 5, one short of the platform's six.",
  },
  circuit_breaker_enabled: {
    type: "boolean",
    default: true,
    why: "Off: a venue that fails is still called in each scan; pauses that it asked for hold all the same.",
  },
  breaker_failures: {
    type: "integer",
    min: 1,
    max: 100,
    unit: "failed scans in a row",
    default: 5,
    why: "Ten minutes without an answer are no hiccup. Then the venue is spared, and one call from time to time tells when it is back.",
  },
  breaker_cooldown_seconds: {
    type: "integer",
    min: 1,
    max: 3_600,
    unit: "seconds",
    default: 300,
    why: "First time without calls; twice as long after each failed probe, up to 30 minutes.",
  },
  venue_regions: {
    type: "by-venue",
    choices: [...LOCATION_HINTS, "none"],
    default: NO_REGIONS,
    why: "Where a venue's feeds live and so call from, in place of the adapter's region: the cure where it refuses the country of our address.",
  },
  performance_monitoring_enabled: {
    type: "boolean",
    default: true,
    why: "One log line a scan with the latency of each venue and step. Off: it is not written, and nothing else changes.",
  },
  alerts_per_scan: {
    type: "integer",
    min: 0,
    max: 1_000,
    unit: "messages a person",
    default: 2,
    why: "The best two of a scan are read; a list of ten is not. What is held back has its reason on record.",
  },
  alerts_per_day: {
    type: "integer",
    min: 0,
    max: 10_000,
    unit: "messages a person and local day",
    default: 10,
    why: "A bot that writes more often gets muted as a whole. Notices about a pair that is held, and of what ended or changed its terms, do not count.",
  },
  alert_cooldown_minutes: {
    type: "integer",
    min: 0,
    max: 1_440,
    unit: "minutes a person and coin",
    default: 240,
    why: "The window within which a pair that comes back is the same opportunity: its coin is no news before.",
  },
  zero_alarm_scans: {
    type: "integer",
    min: 2,
    max: 720,
    unit: "scans in a row",
    default: 10,
    why: "Twenty minutes without an opportunity are worth a look; fewer scans are everyday life of a quiet market.",
  },
  quality_pass_rate_min: {
    type: "number",
    min: 0,
    max: 1,
    unit: "fraction of a feed's rows",
    default: 0.8,
    why: "A feed that loses a fifth of its rows to faults has lost more than its odd ones.",
  },
  quality_alarm_scans: {
    type: "integer",
    min: 2,
    max: 720,
    unit: "scans in a row",
    default: 10,
    why: "Twenty minutes: most faults of a venue are over by then, and what lasts longer asks for somebody.",
  },
  quality_alarm_overrides: {
    type: "overrides",
    of: ["quality_pass_rate_min", "quality_alarm_scans"],
    coinsOnly: [],
    default: NO_OVERRIDES,
    why: "A venue that always sends some rows that fail gets its own bar, and stays watched. Pairs have no alarm.",
  },
  incident_cooldown_minutes: {
    type: "integer",
    min: 0,
    max: 1440,
    unit: "minutes",
    default: 60,
    why: "What recovers and fails again within the hour is one story, and operators have heard it.",
  },
} as const satisfies Record<string, FlagSpec>;

export type FlagKey = keyof typeof FLAGS;
type ValueOf<S> = S extends { readonly type: "boolean" }
  ? boolean
  : S extends { readonly type: "integer" | "number" }
    ? number
    : S extends { readonly type: "list"; readonly choices: readonly (infer C)[] }
      ? readonly C[]
      : S extends { readonly type: "by-venue"; readonly choices: readonly (infer C)[] }
        ? Readonly<Record<string, C>>
        : S extends { readonly type: "choice"; readonly choices: readonly (infer C)[] }
          ? C
          : S extends { readonly type: "overrides" }
            ? FlagOverrides
            : never;
/** The flags in force, one value each. */
export type Flags = { readonly [K in FlagKey]: ValueOf<(typeof FLAGS)[K]> };

/** Whether the table has the key. */
export const isFlagKey = (key: string): key is FlagKey => Object.hasOwn(FLAGS, key);
