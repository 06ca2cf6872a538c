-- One row a scan: what it saw, what it dropped and why, and what it decided. The id is the start of the scan's slot,
-- so the second trigger of a slot cannot write a second row, and newest first needs no index of its own.
CREATE TABLE IF NOT EXISTS scans (
  id INTEGER NOT NULL PRIMARY KEY,
  scan_id TEXT NOT NULL,
  trigger TEXT NOT NULL,
  -- "live", or what was played instead.
  market TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  interval_seconds INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- Rows of opportunities that were not closed after the scan, and what the scan did to rows.
  open_count INTEGER NOT NULL,
  opened_count INTEGER NOT NULL,
  updated_count INTEGER NOT NULL,
  closed_count INTEGER NOT NULL,
  funnel TEXT NOT NULL,
  rejections TEXT NOT NULL,
  observations TEXT NOT NULL,
  flags TEXT NOT NULL,
  venues TEXT NOT NULL,
  near_misses TEXT NOT NULL,
  unpriced TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT scan_names_present CHECK ((length(scan_id) > 0 AND length(trigger) > 0 AND length(market) > 0) IS TRUE),
  CONSTRAINT known_verdict CHECK ((verdict IN ('opportunities', 'confirming', 'market-quiet', 'data-failure')) IS TRUE),
  CONSTRAINT scan_explained CHECK ((length(reason) > 0) IS TRUE),
  CONSTRAINT id_is_slot CHECK ((interval_seconds > 0 AND id BETWEEN 100000000000 AND 100000000000000
    AND id % (interval_seconds * 1000) = 0) IS TRUE),
  CONSTRAINT scan_times CHECK ((started_at_ms <= finished_at_ms AND finished_at_ms <= 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE),
  CONSTRAINT scan_counts CHECK ((open_count >= 0 AND opened_count >= 0 AND updated_count >= 0 AND closed_count >= 0) IS TRUE),
  CONSTRAINT scan_json CHECK ((json_valid(funnel) AND json_valid(rejections) AND json_valid(observations) AND json_valid(flags)
    AND json_valid(venues) AND json_valid(near_misses) AND json_valid(unpriced)) IS TRUE),
  CONSTRAINT scan_has_funnel CHECK ((json_type(funnel) = 'array' AND json_array_length(funnel) > 0) IS TRUE)
) STRICT;
