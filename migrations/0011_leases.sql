-- Who may write scans: one holder at a time, until a time that ends by itself. Two Scanners over one database are two
-- Workers that share it; the second is turned away until the first has been silent for the length of the lease.
CREATE TABLE IF NOT EXISTS leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT lease_named CHECK ((length(name) > 0 AND length(holder) > 0) IS TRUE),
  CONSTRAINT lease_times CHECK ((updated_at BETWEEN 100000000000 AND 100000000000000
    AND until_ms BETWEEN updated_at AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
