-- The last look at each key of the operator's accounts. Never a key: its id is the beginning of a hash.
CREATE TABLE IF NOT EXISTS venue_keys (
  venue TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
  -- Of key, secret and passphrase together: changes with each of them.
  credential_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  -- Why the key is not used, or a fee is missing.
  message TEXT,
  -- Taker fees of the account, fraction of notional one way.
  perpetual_fee_rate REAL,
  perpetual_fee_read_at_ms INTEGER,
  spot_fee_rate REAL,
  spot_fee_read_at_ms INTEGER,
  checked_at_ms INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT known_scope CHECK ((scope IN ('read-only', 'trading', 'withdrawal', 'invalid', 'unknown')) IS TRUE),
  CONSTRAINT ids_are_hashes CHECK ((length(key_id) = 12 AND length(credential_id) = 12 AND key_id NOT GLOB '*[^0-9a-f]*'
    AND credential_id NOT GLOB '*[^0-9a-f]*') IS TRUE),
  -- A key that can do more than read, or that is refused, is used for nothing.
  CONSTRAINT fees_of_readers CHECK ((scope IN ('read-only', 'unknown') OR (perpetual_fee_rate IS NULL AND spot_fee_rate IS NULL)) IS TRUE),
  CONSTRAINT fees_are_sane CHECK (((perpetual_fee_rate IS NULL OR perpetual_fee_rate BETWEEN -0.001 AND 0.01)
    AND (spot_fee_rate IS NULL OR spot_fee_rate BETWEEN -0.001 AND 0.01)) IS TRUE),
  CONSTRAINT fees_have_times CHECK (((perpetual_fee_rate IS NULL) = (perpetual_fee_read_at_ms IS NULL)
    AND (spot_fee_rate IS NULL) = (spot_fee_read_at_ms IS NULL)) IS TRUE),
  CONSTRAINT key_times_in_ms CHECK ((checked_at_ms BETWEEN 100000000000 AND 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000 AND updated_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
