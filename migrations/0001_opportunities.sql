-- Opportunities and their events: the facts that people are told about. The checks hold what the code promises, so that
-- a row that cannot be recomputed from its own legs is refused here even if the code is wrong.
--
-- Conventions: rates are fractions per stated period, times are epoch milliseconds, money is USD.
-- A CHECK that evaluates to NULL passes in SQLite; therefore each one ends in IS TRUE.
CREATE TABLE IF NOT EXISTS opportunities (
  id TEXT NOT NULL PRIMARY KEY,
  -- strategy|asset|long instrument|short instrument; nothing measured is in it.
  key TEXT NOT NULL,
  strategy TEXT NOT NULL,
  asset TEXT NOT NULL,
  status TEXT NOT NULL,

  long_venue TEXT NOT NULL,
  long_symbol TEXT NOT NULL,
  long_settle TEXT NOT NULL,
  short_venue TEXT NOT NULL,
  short_symbol TEXT NOT NULL,
  short_settle TEXT NOT NULL,

  -- funding: funding per 8 h of each leg. carry: NULL and the perpetual's funding per 8 h.
  -- price: ask of the long leg and bid of the short leg, USD per coin.
  long_rate REAL,
  short_rate REAL NOT NULL,
  rate_difference REAL NOT NULL,

  -- As the venues sent them, per interval of the row.
  long_rate_per_interval REAL,
  long_interval_hours REAL,
  long_next_funding_at_ms INTEGER,
  short_rate_per_interval REAL,
  short_interval_hours REAL,
  short_next_funding_at_ms INTEGER,

  long_bid REAL,
  long_ask REAL,
  long_mark REAL,
  short_bid REAL,
  short_ask REAL,
  short_mark REAL,
  -- One way, fraction of notional.
  long_taker_fee_rate REAL,
  short_taker_fee_rate REAL,

  -- The ledger's lines, each a fraction of the notional of one leg over the horizon.
  size_usd REAL NOT NULL,
  horizon_hours REAL NOT NULL,
  funding REAL,
  fees REAL,
  crossing REAL,
  net REAL,
  -- Fractions a year on the notional of one leg.
  net_apr REAL,
  gross_apr REAL NOT NULL,
  capacity_usd REAL,
  -- The whole priced pair, both quotes and the ledger, for the page of one opportunity.
  priced TEXT NOT NULL,

  scans_merged INTEGER NOT NULL,
  revivals INTEGER NOT NULL,
  no_data_since_ms INTEGER,
  no_data_reason TEXT,
  opened_at_ms INTEGER NOT NULL,
  closed_at_ms INTEGER,
  close_reason TEXT,
  first_seen_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL,

  -- Audit: first and last write of the row, and when the validator last passed it.
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  validated_at INTEGER NOT NULL,

  CONSTRAINT known_strategy CHECK ((strategy IN ('funding', 'carry', 'price')) IS TRUE),
  CONSTRAINT known_status CHECK ((status IN ('open', 'no-data', 'closed')) IS TRUE),
  CONSTRAINT names_present CHECK ((length(id) > 0 AND length(asset) > 0 AND length(long_venue) > 0 AND length(long_symbol) > 0
    AND length(short_venue) > 0 AND length(short_symbol) > 0) IS TRUE),
  CONSTRAINT key_names_the_legs CHECK ((key = strategy || '|' || asset || '|' || long_venue || ':' || long_symbol
    || '|' || short_venue || ':' || short_symbol) IS TRUE),
  CONSTRAINT different_instruments CHECK ((long_venue <> short_venue OR long_symbol <> short_symbol) IS TRUE),
  -- Spot and perpetual of one venue may pair; two perpetuals of one venue may not.
  CONSTRAINT different_venues CHECK ((strategy = 'carry' OR long_venue <> short_venue) IS TRUE),
  CONSTRAINT comparable_settle CHECK ((long_settle IN ('USD', 'USDT', 'USDC') AND short_settle IN ('USD', 'USDT', 'USDC')
    AND (strategy <> 'price' OR long_settle = short_settle)) IS TRUE),

  CONSTRAINT funding_rates CHECK ((strategy <> 'funding' OR (
    long_rate IS NOT NULL AND short_rate IS NOT NULL
    AND long_interval_hours > 0 AND short_interval_hours > 0
    AND abs(long_rate - long_rate_per_interval * 8.0 / long_interval_hours) <= 1e-9
    AND abs(short_rate - short_rate_per_interval * 8.0 / short_interval_hours) <= 1e-9)) IS TRUE),
  CONSTRAINT funding_difference CHECK ((strategy <> 'funding' OR abs(rate_difference - (short_rate - long_rate)) <= 1e-9) IS TRUE),
  CONSTRAINT carry_rates CHECK ((strategy <> 'carry' OR (
    long_rate IS NULL AND long_rate_per_interval IS NULL AND long_interval_hours IS NULL AND long_next_funding_at_ms IS NULL
    AND short_interval_hours > 0
    AND abs(short_rate - short_rate_per_interval * 8.0 / short_interval_hours) <= 1e-9)) IS TRUE),
  CONSTRAINT carry_difference CHECK ((strategy <> 'carry' OR abs(rate_difference - short_rate) <= 1e-9) IS TRUE),
  CONSTRAINT price_rates CHECK ((strategy <> 'price' OR (
    long_rate > 0 AND short_rate > 0
    AND abs(long_rate - long_ask) <= 1e-9 * long_rate AND abs(short_rate - short_bid) <= 1e-9 * short_rate)) IS TRUE),
  CONSTRAINT price_difference CHECK ((strategy <> 'price'
    OR abs(rate_difference - (short_rate - long_rate) / long_rate) <= 1e-9) IS TRUE),

  CONSTRAINT prices_positive CHECK (((long_bid IS NULL OR long_bid > 0) AND (long_ask IS NULL OR long_ask > 0)
    AND (long_mark IS NULL OR long_mark > 0) AND (short_bid IS NULL OR short_bid > 0)
    AND (short_ask IS NULL OR short_ask > 0) AND (short_mark IS NULL OR short_mark > 0)) IS TRUE),
  CONSTRAINT books_not_crossed CHECK (((long_bid IS NULL OR long_ask IS NULL OR long_bid <= long_ask)
    AND (short_bid IS NULL OR short_ask IS NULL OR short_bid <= short_ask)) IS TRUE),

  CONSTRAINT ledger_scale CHECK ((size_usd > 0 AND horizon_hours > 0 AND (capacity_usd IS NULL OR capacity_usd >= 0)) IS TRUE),
  CONSTRAINT costs_not_negative CHECK (((fees IS NULL OR fees >= 0) AND (crossing IS NULL OR crossing >= -1e-9)) IS TRUE),
  CONSTRAINT fees_from_legs CHECK ((fees IS NULL OR abs(fees - 2.0 * (long_taker_fee_rate + short_taker_fee_rate)) <= 1e-9) IS TRUE),
  -- The lines of `price` are funding, fees, crossing and an assumed closure, which is not a column of this table.
  CONSTRAINT net_from_lines CHECK ((net IS NULL OR strategy = 'price' OR abs(net - (funding - fees - crossing)) <= 1e-9) IS TRUE),
  CONSTRAINT net_apr_from_net CHECK (((net IS NULL AND net_apr IS NULL)
    OR abs(net_apr - net * 8760.0 / horizon_hours) <= 1e-6) IS TRUE),
  -- 8,760 hours a year over the 8 hours of the difference.
  CONSTRAINT gross_apr_from_difference CHECK ((strategy = 'price' OR abs(gross_apr - rate_difference * 1095.0) <= 1e-6) IS TRUE),
  CONSTRAINT open_has_net CHECK ((status <> 'open' OR net IS NOT NULL) IS TRUE),
  CONSTRAINT priced_is_json CHECK (json_valid(priced) IS TRUE),
  CONSTRAINT priced_is_this_row CHECK ((json_extract(priced, '$.key') = key
    AND abs(json_extract(priced, '$.rateDifference') - rate_difference) <= 1e-9
    AND ((net IS NULL AND json_extract(priced, '$.ledger.net') IS NULL)
      OR abs(json_extract(priced, '$.ledger.net') - net) <= 1e-9)) IS TRUE),
  -- The crossing comes from best bid and ask of both legs, unless a book was read.
  CONSTRAINT net_from_quotes CHECK ((net IS NULL OR json_extract(priced, '$.ledger.crossingSource') IN ('book', 'mixed')
    OR (long_bid > 0 AND long_ask > 0 AND short_bid > 0 AND short_ask > 0)) IS TRUE),

  CONSTRAINT status_fields CHECK ((
    (status = 'open' AND closed_at_ms IS NULL AND close_reason IS NULL AND no_data_since_ms IS NULL AND no_data_reason IS NULL)
    OR (status = 'no-data' AND closed_at_ms IS NULL AND close_reason IS NULL AND no_data_since_ms IS NOT NULL
      AND length(no_data_reason) > 0)
    OR (status = 'closed' AND closed_at_ms IS NOT NULL
      AND close_reason IN ('below-bar', 'delisted', 'identity-lost', 'data-lost'))) IS TRUE),
  CONSTRAINT counts_not_negative CHECK ((scans_merged >= 0 AND revivals >= 0) IS TRUE),
  -- Milliseconds: seconds are below 1e11, microseconds above 1e14.
  CONSTRAINT times_in_ms CHECK ((opened_at_ms BETWEEN 100000000000 AND 100000000000000
    AND first_seen_at_ms BETWEEN 100000000000 AND 100000000000000
    AND last_seen_at_ms BETWEEN 100000000000 AND 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000
    AND updated_at BETWEEN 100000000000 AND 100000000000000
    AND validated_at BETWEEN 100000000000 AND 100000000000000
    AND (closed_at_ms IS NULL OR closed_at_ms BETWEEN 100000000000 AND 100000000000000)
    AND (no_data_since_ms IS NULL OR no_data_since_ms BETWEEN 100000000000 AND 100000000000000)
    AND (long_next_funding_at_ms IS NULL OR long_next_funding_at_ms BETWEEN 100000000000 AND 100000000000000)
    AND (short_next_funding_at_ms IS NULL OR short_next_funding_at_ms BETWEEN 100000000000 AND 100000000000000)) IS TRUE),
  CONSTRAINT times_in_order CHECK ((first_seen_at_ms <= last_seen_at_ms AND created_at <= updated_at
    AND (closed_at_ms IS NULL OR opened_at_ms <= closed_at_ms)) IS TRUE)
) STRICT;

-- One row of a key that is not closed. It also lists what is open, in the order of keys.
CREATE UNIQUE INDEX IF NOT EXISTS opportunities_open_key ON opportunities (key) WHERE status <> 'closed';
-- Closed rows by their end: revival after a restart, and the archive. Rows that are not closed cost no write here.
CREATE INDEX IF NOT EXISTS opportunities_closed ON opportunities (closed_at_ms, id) WHERE status = 'closed';

-- RESTRICT: an opportunity is deleted only after its events, in one batch, by the code that archived both. With CASCADE
-- one wrong DELETE, or a table rebuilt by a later migration, would take the history with it.
CREATE TABLE IF NOT EXISTS opportunity_events (
  id TEXT NOT NULL PRIMARY KEY,
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  kind TEXT NOT NULL,
  scan_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  net REAL,
  reason TEXT,
  created_at INTEGER NOT NULL,
  CONSTRAINT known_kind CHECK ((kind IN ('opened', 'revived', 'updated', 'interval-changed', 'no-data', 'data-back', 'closed')) IS TRUE),
  CONSTRAINT event_names_present CHECK ((length(id) > 0 AND length(scan_id) > 0) IS TRUE),
  CONSTRAINT event_times_in_ms CHECK ((at_ms BETWEEN 100000000000 AND 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE),
  CONSTRAINT opened_has_net CHECK ((kind NOT IN ('opened', 'revived') OR net IS NOT NULL) IS TRUE),
  CONSTRAINT end_has_reason CHECK ((kind NOT IN ('no-data', 'closed') OR length(reason) > 0) IS TRUE)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS opportunity_events_of ON opportunity_events (opportunity_id, at_ms, id);
