import { HOUR_MS } from "../domain/units.ts";
import type { Finding, Rule, RuleInput } from "./rule.ts";

/** Epoch milliseconds were past this in 1973, epoch seconds will be in 5138. */
export const SMALLEST_MS = 1e11;
/** Float noise allowed where a rate is compared with the cap it was cut at. */
const CAP_SLACK = 1e-9;

const at = (column: Float64Array, row: number): number => column[row] ?? Number.NaN;
const isPerpetual = ({ columns, row }: RuleInput): boolean => columns.kind[row] === "perpetual";
const missing = (value: number): Finding | null => (Number.isFinite(value) ? null : { value: null, bar: "a number" });
const under = (value: number, bar: number): Finding | null => (value < bar ? { value, bar } : null);

/**
 * Every rule of the quality gate, in the order in which the first failed one is named: what the instrument is, what is
 * missing, what is impossible, what is out of time, then the soft ones. Identity is judged across venues, in identity.ts.
 */
export const RULES: readonly Rule[] = [
  {
    id: "not-trading",
    kind: "hard",
    scope: "rows whose state is known",
    sentence: "The instrument is in pre-market, being delisted or halted.",
    parameter: null,
    check: ({ columns, row }) => {
      const state = columns.state[row] ?? null;
      return state === null || state === "trading" ? null : { value: state, bar: "trading" };
    },
  },
  {
    id: "unknown-state",
    kind: "hard",
    scope: "every row",
    sentence: "Whether the instrument trades is not known.",
    parameter: null,
    check: ({ columns, row }) => ((columns.state[row] ?? null) === null ? { value: null, bar: "trading" } : null),
  },
  {
    id: "asset-class",
    kind: "hard",
    scope: "rows whose asset class is known",
    sentence: "The asset class is not one that is compared.",
    parameter: { setting: "allowedAssetClasses", unit: "list of classes" },
    check: ({ columns, row, settings }) => {
      const found = columns.assetClass[row] ?? null;
      const allowed = settings.allowedAssetClasses;
      return found === null || allowed.includes(found) ? null : { value: found, bar: allowed.join(", ") };
    },
  },
  {
    id: "missing-bid",
    kind: "hard",
    scope: "venues with a bulk book",
    sentence: "The bid is missing.",
    parameter: null,
    check: ({ columns, row, facts }) => (facts.hasBulkBook ? missing(at(columns.bid, row)) : null),
  },
  {
    id: "missing-ask",
    kind: "hard",
    scope: "venues with a bulk book",
    sentence: "The ask is missing.",
    parameter: null,
    check: ({ columns, row, facts }) => (facts.hasBulkBook ? missing(at(columns.ask, row)) : null),
  },
  {
    id: "missing-rate",
    kind: "hard",
    scope: "perpetuals",
    sentence: "The funding rate is missing.",
    parameter: null,
    check: (input) => (isPerpetual(input) ? missing(at(input.columns.fundingRatePerInterval, input.row)) : null),
  },
  {
    id: "missing-interval",
    kind: "hard",
    scope: "perpetuals",
    sentence: "The funding interval is missing.",
    parameter: null,
    check: (input) => (isPerpetual(input) ? missing(at(input.columns.fundingIntervalHours, input.row)) : null),
  },
  {
    id: "missing-next-funding",
    kind: "hard",
    scope: "perpetuals that pay at settlements",
    sentence: "The next funding time is missing.",
    parameter: null,
    check: (input) =>
      isPerpetual(input) && input.facts.accrual === "settled" ? missing(at(input.columns.nextFundingAtMs, input.row)) : null,
  },
  {
    id: "empty-side",
    kind: "hard",
    scope: "rows with a bid or an ask",
    sentence: "A side of the book is empty.",
    parameter: null,
    check: ({ columns, row }) => {
      const bid = at(columns.bid, row);
      return bid <= 0 ? { value: bid, bar: 0 } : notPositive(at(columns.ask, row));
    },
  },
  {
    id: "crossed-book",
    kind: "hard",
    scope: "rows with a bid and an ask above zero",
    sentence: "The bid is above the ask.",
    parameter: null,
    check: ({ columns, row }) => {
      const bid = at(columns.bid, row);
      const ask = at(columns.ask, row);
      return ask > 0 && bid > ask ? { value: bid, bar: ask } : null;
    },
  },
  {
    id: "mark-not-positive",
    kind: "hard",
    scope: "rows with a mark price",
    sentence: "The mark price is zero or less.",
    parameter: null,
    check: ({ columns, row }) => notPositive(at(columns.mark, row)),
  },
  {
    id: "interval-not-positive",
    kind: "hard",
    scope: "rows with a funding interval",
    sentence: "The funding interval is zero or less.",
    parameter: null,
    check: ({ columns, row }) => notPositive(at(columns.fundingIntervalHours, row)),
  },
  {
    id: "rate-too-large",
    kind: "hard",
    scope: "rows with a funding rate",
    sentence: "The funding rate is larger than any venue pays.",
    parameter: { setting: "maxAbsRate", unit: "fraction per interval" },
    check: ({ columns, row, settings }) => {
      const rate = at(columns.fundingRatePerInterval, row);
      return Math.abs(rate) > settings.maxAbsRate ? { value: rate, bar: settings.maxAbsRate } : null;
    },
  },
  {
    id: "rate-beyond-cap",
    kind: "hard",
    scope: "rows with a funding rate and a cap, sent or documented",
    sentence: "The funding rate is beyond the venue's own cap.",
    parameter: null,
    check: rateBeyondCap,
  },
  {
    id: "seconds-for-milliseconds",
    kind: "hard",
    scope: "every time of the row",
    sentence: "A time is not in milliseconds.",
    parameter: null,
    check: (input) => {
      const { columns, row } = input;
      return (
        under(at(columns.nextFundingAtMs, row), SMALLEST_MS) ??
        under(at(columns.eventAtMs, row), SMALLEST_MS) ??
        under(at(columns.replyAtMs, row), SMALLEST_MS) ??
        under(at(columns.receivedAtMs, row), SMALLEST_MS)
      );
    },
  },
  {
    id: "next-funding-past",
    kind: "hard",
    scope: "rows with a next funding time",
    sentence: "The next funding time has passed.",
    parameter: null,
    check: ({ columns, row, nowMs }) => under(at(columns.nextFundingAtMs, row), nowMs),
  },
  {
    id: "time-in-future",
    kind: "hard",
    scope: "every time of the row; the next funding time may be one interval ahead",
    sentence: "A time lies in the future.",
    parameter: { setting: "maxFutureMs", unit: "ms" },
    check: timeInFuture,
  },
  {
    id: "stale",
    kind: "hard",
    scope: "arrival, event and reply time, where there",
    sentence: "The row is too old.",
    parameter: { setting: "maxAgeMs", unit: "ms" },
    check: stale,
  },
  {
    id: "rates-must-be-positive",
    kind: "hard",
    scope: "rows with a funding rate, when switched on",
    sentence: "The funding rate is not above zero.",
    parameter: { setting: "ratesMustBePositive", unit: "switch" },
    check: ({ columns, row, settings }) => (settings.ratesMustBePositive ? notPositive(at(columns.fundingRatePerInterval, row)) : null),
  },
  {
    id: "low-volume",
    kind: "soft",
    severity: "lowVolumeSeverity",
    scope: "rows with a 24 h volume",
    sentence: "Little was traded in 24 hours.",
    parameter: { setting: "minVolume24hUsd", unit: "USD" },
    check: ({ columns, row, settings }) => under(at(columns.volume24hUsd, row), settings.minVolume24hUsd),
  },
  {
    id: "low-open-interest",
    kind: "soft",
    severity: "lowOpenInterestSeverity",
    scope: "rows with an open interest",
    sentence: "Little is held open.",
    parameter: { setting: "minOpenInterestUsd", unit: "USD, one-sided" },
    check: ({ columns, row, settings }) => under(at(columns.openInterestUsd, row), settings.minOpenInterestUsd),
  },
  {
    id: "zero-rate",
    kind: "soft",
    severity: "zeroRateSeverity",
    scope: "rows with a funding rate; refused at either level where most of the venue's rates are zero",
    sentence: "The funding rate was sent as exactly zero.",
    parameter: null,
    check: ({ columns, row }) => (at(columns.fundingRatePerInterval, row) === 0 ? { value: 0, bar: "not exactly 0" } : null),
  },
  {
    id: "frozen",
    kind: "soft",
    severity: "frozenSeverity",
    scope: "every row; a frozen row opens and refreshes nothing at either level",
    sentence: "Bid, ask, mark and index have not moved for many scans.",
    parameter: { setting: "frozenScans", unit: "scans in a row" },
    check: ({ unchangedScans, settings }) =>
      unchangedScans >= settings.frozenScans ? { value: unchangedScans, bar: settings.frozenScans } : null,
  },
  {
    id: "unknown-asset-class",
    kind: "soft",
    severity: "unknownAssetClassSeverity",
    scope: "every row",
    sentence: "The venue does not say what class of asset it is.",
    parameter: { setting: "allowedAssetClasses", unit: "list of classes" },
    check: ({ columns, row, settings }) =>
      (columns.assetClass[row] ?? null) === null ? { value: null, bar: settings.allowedAssetClasses.join(", ") } : null,
  },
];

function notPositive(value: number): Finding | null {
  return value <= 0 ? { value, bar: 0 } : null;
}

/** The row's own cap and floor; where absent the cap mirrored; where that is absent too the documented cap. */
function rateBeyondCap({ columns, row, facts }: RuleInput): Finding | null {
  const rate = at(columns.fundingRatePerInterval, row);
  const sentCap = at(columns.fundingCap, row);
  const sentFloor = at(columns.fundingFloor, row);
  const documented = facts.documentedCap?.rate ?? Number.NaN;
  const cap = Number.isNaN(sentCap) ? documented : sentCap;
  const floor = Number.isNaN(sentFloor) ? -cap : sentFloor;
  // The slack widens the band whatever the signs of its ends are.
  if (rate > cap + Math.abs(cap) * CAP_SLACK) return { value: rate, bar: cap };
  return rate < floor - Math.abs(floor) * CAP_SLACK ? { value: rate, bar: floor } : null;
}

/** Clocks of venues differ by seconds, which `maxFutureMs` allows for; the next settlement is at most one interval away. */
function timeInFuture({ columns, row, settings, nowMs }: RuleInput): Finding | null {
  const limit = nowMs + settings.maxFutureMs;
  const event = at(columns.eventAtMs, row);
  if (event > limit) return { value: event, bar: limit };
  const reply = at(columns.replyAtMs, row);
  if (reply > limit) return { value: reply, bar: limit };
  const received = at(columns.receivedAtMs, row);
  if (received > limit) return { value: received, bar: limit };
  const next = at(columns.nextFundingAtMs, row);
  const latest = limit + at(columns.fundingIntervalHours, row) * HOUR_MS;
  return next > latest ? { value: next, bar: latest } : null;
}

/** Age in ms of the oldest of the row's times. A row that says not even when it arrived is refused with a `null` age. */
function stale({ columns, row, settings, nowMs }: RuleInput): Finding | null {
  const received = at(columns.receivedAtMs, row);
  if (Number.isNaN(received)) return { value: null, bar: settings.maxAgeMs };
  const event = at(columns.eventAtMs, row);
  const reply = at(columns.replyAtMs, row);
  let oldest = received;
  if (event < oldest) oldest = event;
  if (reply < oldest) oldest = reply;
  const age = nowMs - oldest;
  return age > settings.maxAgeMs ? { value: age, bar: settings.maxAgeMs } : null;
}
