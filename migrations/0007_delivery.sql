-- The event `cap-changed` and the indexes of delivery. A CHECK of SQLite cannot be altered, so the table of events is built
-- anew; nothing refers to it.
CREATE TABLE IF NOT EXISTS opportunity_events_new (
  id TEXT NOT NULL PRIMARY KEY,
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  kind TEXT NOT NULL,
  scan_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  net REAL,
  reason TEXT,
  created_at INTEGER NOT NULL,
  CONSTRAINT known_kind CHECK ((kind IN ('opened', 'revived', 'updated', 'interval-changed', 'cap-changed', 'no-data', 'data-back', 'closed')) IS TRUE),
  CONSTRAINT event_names_present CHECK ((length(id) > 0 AND length(scan_id) > 0) IS TRUE),
  CONSTRAINT event_times_in_ms CHECK ((at_ms BETWEEN 100000000000 AND 100000000000000
    AND created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE),
  CONSTRAINT opened_has_net CHECK ((kind NOT IN ('opened', 'revived') OR net IS NOT NULL) IS TRUE),
  CONSTRAINT end_has_reason CHECK ((kind NOT IN ('no-data', 'closed') OR length(reason) > 0) IS TRUE)
) STRICT, WITHOUT ROWID;
INSERT INTO opportunity_events_new (id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at)
  SELECT id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at FROM opportunity_events;
DROP TABLE opportunity_events;
ALTER TABLE opportunity_events_new RENAME TO opportunity_events;
CREATE INDEX IF NOT EXISTS opportunity_events_of ON opportunity_events (opportunity_id, at_ms, id);

-- Who was told of a row: each scan asks it of the rows that it changed.
CREATE INDEX IF NOT EXISTS deliveries_of_row ON deliveries (opportunity_id, telegram_id) WHERE opportunity_id IS NOT NULL;
-- What is under way or waits, which is little at any time: found again when its message was lost, or when a night is over.
-- Written with OR: of IN the planner cannot tell that a status is among them.
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (status, updated_at)
  WHERE status = 'queued' OR status = 'sending' OR status = 'held';
-- How late messages were.
CREATE INDEX IF NOT EXISTS deliveries_sent ON deliveries (sent_at_ms) WHERE sent_at_ms IS NOT NULL;
