-- Flags set while the Worker runs; src/flags.ts has the keys, bounds and defaults. A value is JSON: true, 120, "strict".
CREATE TABLE IF NOT EXISTS flags (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  CONSTRAINT flag_key CHECK ((length(key) BETWEEN 1 AND 64 AND key NOT GLOB '*[^a-z0-9_]*') IS TRUE),
  CONSTRAINT flag_value CHECK (json_valid(value) IS TRUE),
  CONSTRAINT flag_time CHECK ((updated_at BETWEEN 100000000000 AND 100000000000000) IS TRUE),
  CONSTRAINT flag_author CHECK ((length(updated_by) > 0) IS TRUE)
) STRICT, WITHOUT ROWID;

-- Every change of a flag, written by the triggers below, so that no path around them exists.
-- changed_by is NULL for a deletion: SQL does not tell who deletes.
CREATE TABLE IF NOT EXISTS flag_changes (
  id INTEGER NOT NULL PRIMARY KEY,
  key TEXT NOT NULL,
  old_value TEXT,
  new_value TEXT,
  changed_at INTEGER NOT NULL,
  changed_by TEXT,
  CONSTRAINT change_time CHECK ((changed_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT;
CREATE INDEX IF NOT EXISTS flag_changes_of ON flag_changes (key, changed_at);

CREATE TRIGGER IF NOT EXISTS flags_inserted AFTER INSERT ON flags
BEGIN
  INSERT INTO flag_changes (key, old_value, new_value, changed_at, changed_by)
  VALUES (NEW.key, NULL, NEW.value, NEW.updated_at, NEW.updated_by);
END;

CREATE TRIGGER IF NOT EXISTS flags_updated AFTER UPDATE ON flags
WHEN OLD.value IS NOT NEW.value
BEGIN
  INSERT INTO flag_changes (key, old_value, new_value, changed_at, changed_by)
  VALUES (NEW.key, OLD.value, NEW.value, NEW.updated_at, NEW.updated_by);
END;

CREATE TRIGGER IF NOT EXISTS flags_deleted AFTER DELETE ON flags
BEGIN
  INSERT INTO flag_changes (key, old_value, new_value, changed_at, changed_by)
  VALUES (OLD.key, OLD.value, NULL, CAST(unixepoch('subsec') * 1000 AS INTEGER), NULL);
END;
