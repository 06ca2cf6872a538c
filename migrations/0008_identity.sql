-- What operators ruled on single instruments: into which coin one is let, or that it never pairs.
CREATE TABLE IF NOT EXISTS identity_rulings (
  instrument TEXT NOT NULL PRIMARY KEY,
  verdict TEXT NOT NULL,
  -- The coin, with its cluster, into which it is let; NULL where it is denied.
  asset_id TEXT,
  reason TEXT NOT NULL,
  -- NULL: until it is taken back.
  expires_at_ms INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  CONSTRAINT ruling_instrument CHECK ((length(instrument) BETWEEN 3 AND 140 AND instr(instrument, ':') > 1) IS TRUE),
  CONSTRAINT ruling_verdict CHECK (((verdict = 'allow' AND length(asset_id) > 0) OR (verdict = 'deny' AND asset_id IS NULL)) IS TRUE),
  CONSTRAINT ruling_reason CHECK ((length(reason) BETWEEN 1 AND 300) IS TRUE),
  CONSTRAINT ruling_times CHECK ((created_at BETWEEN 100000000000 AND 100000000000000
    AND (expires_at_ms IS NULL OR expires_at_ms BETWEEN created_at AND 100000000000000)) IS TRUE),
  CONSTRAINT ruling_author CHECK ((length(created_by) > 0) IS TRUE)
) STRICT, WITHOUT ROWID;

-- The coins of the pairs that a scan shows, each with the prices by which it was told, and the instruments kept out.
ALTER TABLE scans ADD COLUMN identity TEXT
  CONSTRAINT scan_identity_json CHECK ((identity IS NULL OR json_valid(identity)) IS TRUE);
