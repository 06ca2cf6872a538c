-- The record of quality: what each scan found beyond its counts, hours and days of it; and the validation of stored rows.

-- Rules that rows failed by feed, rows by coin, and the coins of refused rows (domain/quality-tally.ts). NULL: the scan was
-- stored before this was kept.
ALTER TABLE scans ADD COLUMN quality TEXT CONSTRAINT scan_quality_json CHECK ((quality IS NULL OR json_valid(quality)) IS TRUE);

-- Sums over the scans of one hour, UTC. `id` is its start, epoch ms.
CREATE TABLE IF NOT EXISTS quality_hours (
  id INTEGER NOT NULL PRIMARY KEY,
  scans INTEGER NOT NULL,
  feeds TEXT NOT NULL,
  -- Scans that told their coins, and what they told.
  coin_scans INTEGER NOT NULL,
  coins TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT hour_start CHECK ((id BETWEEN 100000000000 AND 100000000000000 AND id % 3600000 = 0) IS TRUE),
  CONSTRAINT hour_scans CHECK ((scans > 0 AND coin_scans BETWEEN 0 AND scans) IS TRUE),
  CONSTRAINT hour_json CHECK ((json_type(feeds) = 'object' AND json_type(coins) = 'object') IS TRUE),
  CONSTRAINT hour_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT;

-- Sums over the hours of one UTC day, made once it is over and kept for years. `id` is its start, epoch ms.
CREATE TABLE IF NOT EXISTS quality_days (
  id INTEGER NOT NULL PRIMARY KEY,
  scans INTEGER NOT NULL,
  feeds TEXT NOT NULL,
  coin_scans INTEGER NOT NULL,
  coins TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT day_start CHECK ((id BETWEEN 100000000000 AND 100000000000000 AND id % 86400000 = 0) IS TRUE),
  CONSTRAINT day_scans CHECK ((scans > 0 AND coin_scans BETWEEN 0 AND scans) IS TRUE),
  CONSTRAINT day_json CHECK ((json_type(feeds) = 'object' AND json_type(coins) = 'object') IS TRUE),
  CONSTRAINT day_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT;

-- What was counted each hour by other means than the constraints: both figures must stay 0.
CREATE TABLE IF NOT EXISTS duplicate_checks (
  id INTEGER NOT NULL PRIMARY KEY,
  -- Rows that are not closed, and those of them beyond the first of their strategy and instruments.
  rows_checked INTEGER NOT NULL,
  rows_double INTEGER NOT NULL,
  -- Messages made since the check before, and those beyond the first of their event and person.
  deliveries_checked INTEGER NOT NULL,
  deliveries_double INTEGER NOT NULL,
  -- The first few, by name.
  samples TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT check_hour CHECK ((id BETWEEN 100000000000 AND 100000000000000 AND id % 3600000 = 0) IS TRUE),
  CONSTRAINT check_counts CHECK ((rows_double BETWEEN 0 AND rows_checked AND deliveries_double BETWEEN 0 AND deliveries_checked) IS TRUE),
  CONSTRAINT check_samples CHECK ((json_type(samples) = 'array') IS TRUE),
  CONSTRAINT check_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT;

-- One pass over stored rows. A run that removes names the dry run whose findings it takes.
CREATE TABLE IF NOT EXISTS validation_runs (
  id TEXT NOT NULL PRIMARY KEY,
  dry_run_id TEXT REFERENCES validation_runs (id) ON DELETE RESTRICT,
  state TEXT NOT NULL,
  started_by TEXT NOT NULL,
  -- Where the next page starts: a place in the table, for a run that removes one in the dry run's findings.
  after_id TEXT NOT NULL,
  rows_checked INTEGER NOT NULL,
  rows_found INTEGER NOT NULL,
  rows_removed INTEGER NOT NULL,
  -- One step at a time works on it.
  lease_until_ms INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at_ms INTEGER,
  CONSTRAINT run_state CHECK ((state IN ('running', 'done')) IS TRUE),
  CONSTRAINT run_names CHECK ((length(id) > 0 AND length(started_by) > 0) IS TRUE),
  CONSTRAINT run_counts CHECK ((rows_checked >= 0 AND rows_found >= 0 AND rows_removed BETWEEN 0 AND rows_found) IS TRUE),
  CONSTRAINT run_removes_by_dry_run CHECK ((dry_run_id IS NOT NULL OR rows_removed = 0) IS TRUE),
  CONSTRAINT run_ended CHECK (((state = 'done') = (ended_at_ms IS NOT NULL)) IS TRUE),
  CONSTRAINT run_times CHECK ((created_at BETWEEN 100000000000 AND 100000000000000
    AND updated_at BETWEEN created_at AND 100000000000000 AND lease_until_ms BETWEEN 0 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
-- One run at a time, and one that removes for each dry run.
CREATE UNIQUE INDEX IF NOT EXISTS validation_runs_running ON validation_runs (state) WHERE state = 'running';
CREATE UNIQUE INDEX IF NOT EXISTS validation_runs_of_dry_run ON validation_runs (dry_run_id) WHERE dry_run_id IS NOT NULL;

-- Rows of `opportunities` that a dry run found not to hold.
CREATE TABLE IF NOT EXISTS validation_findings (
  run_id TEXT NOT NULL REFERENCES validation_runs (id) ON DELETE CASCADE,
  row_id TEXT NOT NULL,
  row_key TEXT NOT NULL,
  rule TEXT NOT NULL,
  -- JSON: what was found where the rule expected something else; the message says what.
  value TEXT NOT NULL,
  message TEXT NOT NULL,
  -- The row's own updated_at: a row that was written since is another row.
  row_updated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, row_id),
  CONSTRAINT finding_names CHECK ((length(rule) > 0 AND length(message) > 0) IS TRUE),
  CONSTRAINT finding_value CHECK (json_valid(value) IS TRUE),
  CONSTRAINT finding_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;

-- Rows taken out of `opportunities`, whole, with their events. Nothing reads them but operators; they can be put back.
CREATE TABLE IF NOT EXISTS quarantined_rows (
  row_id TEXT NOT NULL,
  quarantined_at_ms INTEGER NOT NULL,
  row_key TEXT NOT NULL,
  rule TEXT NOT NULL,
  value TEXT NOT NULL,
  message TEXT NOT NULL,
  -- The columns of the row by name, and those of its events.
  row TEXT NOT NULL,
  events TEXT NOT NULL,
  run_id TEXT NOT NULL,
  quarantined_by TEXT NOT NULL,
  restored_at_ms INTEGER,
  PRIMARY KEY (row_id, quarantined_at_ms),
  CONSTRAINT quarantine_names CHECK ((length(rule) > 0 AND length(message) > 0 AND length(quarantined_by) > 0) IS TRUE),
  CONSTRAINT quarantine_json CHECK ((json_valid(value) AND json_type(row) = 'object' AND json_type(events) = 'array') IS TRUE),
  CONSTRAINT quarantine_times CHECK ((quarantined_at_ms BETWEEN 100000000000 AND 100000000000000
    AND (restored_at_ms IS NULL OR restored_at_ms >= quarantined_at_ms)) IS TRUE)
) STRICT, WITHOUT ROWID;
