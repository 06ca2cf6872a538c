-- People who talk to the bot. What is stored about a person is here, in sessions, taken, watches and deliveries, and nowhere
-- else but in the cache of sessions (KV); /erase empties all of them.
CREATE TABLE IF NOT EXISTS people (
  telegram_id INTEGER NOT NULL PRIMARY KEY,
  chat_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  -- stopped: by /stop; blocked: Telegram answered 403. Neither gets alerts.
  status TEXT NOT NULL,
  -- Settings as domain/person.ts names them; `{}` takes every default.
  preferences TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT person_id CHECK ((telegram_id > 0) IS TRUE),
  CONSTRAINT person_role CHECK ((role IN ('person', 'operator')) IS TRUE),
  CONSTRAINT person_status CHECK ((status IN ('active', 'stopped', 'blocked')) IS TRUE),
  CONSTRAINT person_preferences CHECK ((json_valid(preferences) AND json_type(preferences) = 'object' AND length(preferences) <= 20000) IS TRUE),
  CONSTRAINT person_times CHECK ((created_at BETWEEN 100000000000 AND 100000000000000
    AND updated_at BETWEEN created_at AND 100000000000000) IS TRUE)
) STRICT;
-- Operators are few and are looked for at each incident.
CREATE INDEX IF NOT EXISTS people_operators ON people (telegram_id) WHERE role = 'operator';

-- One session a person is live at most. It slides: seven days after the last use that was written.
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT NOT NULL PRIMARY KEY,
  telegram_id INTEGER NOT NULL REFERENCES people (telegram_id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_active_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  CONSTRAINT session_id CHECK ((length(id) BETWEEN 16 AND 64) IS TRUE),
  CONSTRAINT session_times CHECK ((created_at BETWEEN 100000000000 AND 100000000000000
    AND last_active_at_ms >= created_at AND expires_at_ms > last_active_at_ms AND expires_at_ms <= 100000000000000
    AND (ended_at_ms IS NULL OR ended_at_ms >= created_at)) IS TRUE)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS sessions_live ON sessions (telegram_id) WHERE ended_at_ms IS NULL;

-- Updates of Telegram that were taken. A claim without its done mark may be taken again after 60 s.
CREATE TABLE IF NOT EXISTS telegram_updates (
  update_id INTEGER NOT NULL PRIMARY KEY,
  claimed_at_ms INTEGER NOT NULL,
  done_at_ms INTEGER,
  CONSTRAINT update_times CHECK ((claimed_at_ms BETWEEN 100000000000 AND 100000000000000
    AND (done_at_ms IS NULL OR done_at_ms BETWEEN 100000000000 AND 100000000000000)) IS TRUE)
) STRICT;

-- Pairs that a person says to hold. `priced` is the pair as it was shown when taken: fees, crossing and rates of the entry.
CREATE TABLE IF NOT EXISTS taken (
  id TEXT NOT NULL PRIMARY KEY,
  telegram_id INTEGER NOT NULL REFERENCES people (telegram_id) ON DELETE CASCADE,
  opportunity_id TEXT NOT NULL,
  key TEXT NOT NULL,
  asset TEXT NOT NULL,
  long_instrument TEXT NOT NULL,
  short_instrument TEXT NOT NULL,
  size_usd REAL NOT NULL,
  priced TEXT NOT NULL,
  taken_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  -- 1: its carry was negative when a scan showed it last, which was told. It is told anew after the carry was positive.
  pays_now INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT taken_names CHECK ((length(id) > 0 AND length(opportunity_id) > 0 AND length(asset) > 0
    AND length(long_instrument) > 0 AND length(short_instrument) > 0) IS TRUE),
  CONSTRAINT taken_pays CHECK ((pays_now IN (0, 1)) IS TRUE),
  CONSTRAINT taken_size CHECK ((size_usd > 0 AND size_usd <= 1e9) IS TRUE),
  CONSTRAINT taken_priced CHECK ((json_valid(priced) AND json_extract(priced, '$.key') = key) IS TRUE),
  CONSTRAINT taken_times CHECK ((taken_at_ms BETWEEN 100000000000 AND 100000000000000
    AND (ended_at_ms IS NULL OR ended_at_ms >= taken_at_ms)) IS TRUE)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS taken_once ON taken (telegram_id, key) WHERE ended_at_ms IS NULL;
-- By key: who holds a pair holds it in whichever row it stands.
CREATE INDEX IF NOT EXISTS taken_held ON taken (key) WHERE ended_at_ms IS NULL;

-- Funding that instruments of taken pairs settled, each once, seen by scans. rate: fraction of notional at that settlement.
CREATE TABLE IF NOT EXISTS settlements (
  instrument TEXT NOT NULL,
  settled_at_ms INTEGER NOT NULL,
  rate REAL,
  -- settled: sent by the venue as settled; last-seen: the rate it announced last before the settlement; missed: no scan
  -- saw the rate, so funding over that time is not whole.
  source TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (instrument, settled_at_ms),
  CONSTRAINT settlement_source CHECK ((source IN ('settled', 'last-seen', 'missed')) IS TRUE),
  CONSTRAINT settlement_rate CHECK ((CASE source WHEN 'missed' THEN rate IS NULL ELSE abs(rate) <= 1 END) IS TRUE),
  CONSTRAINT settlement_times CHECK ((settled_at_ms BETWEEN 100000000000 AND 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
-- The rate and next funding time that an instrument of a taken pair showed last: what the next settlement will be.
CREATE TABLE IF NOT EXISTS announced_rates (
  instrument TEXT NOT NULL PRIMARY KEY,
  next_funding_at_ms INTEGER NOT NULL,
  rate REAL NOT NULL,
  seen_at_ms INTEGER NOT NULL,
  CONSTRAINT announced_times CHECK ((next_funding_at_ms BETWEEN 100000000000 AND 100000000000000
    AND seen_at_ms BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;

-- "Tell me when the funding of this coin on this venue passes this value."
CREATE TABLE IF NOT EXISTS watches (
  telegram_id INTEGER NOT NULL REFERENCES people (telegram_id) ON DELETE CASCADE,
  asset TEXT NOT NULL,
  venue TEXT NOT NULL,
  -- Fraction per 8 h.
  rate_per_8h REAL NOT NULL,
  direction TEXT NOT NULL,
  -- 1: not passed yet. It is set again when the rate is back on the other side.
  armed INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (telegram_id, asset, venue, direction),
  CONSTRAINT watch_names CHECK ((length(asset) BETWEEN 1 AND 40 AND length(venue) BETWEEN 1 AND 40) IS TRUE),
  CONSTRAINT watch_rate CHECK ((abs(rate_per_8h) <= 1) IS TRUE),
  CONSTRAINT watch_direction CHECK ((direction IN ('above', 'below') AND armed IN (0, 1)) IS TRUE),
  CONSTRAINT watch_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS watches_of ON watches (asset, venue);
