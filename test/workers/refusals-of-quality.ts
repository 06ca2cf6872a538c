import { DAY_MS, HOUR_MS } from "../../src/domain/units.ts";
import { NOW_MS } from "../opportunities.ts";

type Row = Readonly<Record<string, string | number | null>>;
type Refusal = readonly [constraint: string, why: string, table: string, row: Row];

const SECONDS = NOW_MS / 1_000;
const sums: Row = { scans: 2, feeds: "{}", coin_scans: 2, coins: "{}", created_at: NOW_MS };
const hour: Row = { ...sums, id: NOW_MS };
const day: Row = { ...sums, id: NOW_MS - (NOW_MS % DAY_MS) };
const check: Row = {
  id: NOW_MS,
  rows_checked: 2,
  rows_double: 0,
  deliveries_checked: 1,
  deliveries_double: 0,
  samples: "[]",
  created_at: NOW_MS,
};
const run: Row = {
  id: "run-1",
  dry_run_id: null,
  state: "running",
  started_by: "operator:7",
  after_id: "",
  rows_checked: 0,
  rows_found: 0,
  rows_removed: 0,
  lease_until_ms: 0,
  created_at: NOW_MS,
  updated_at: NOW_MS,
  ended_at_ms: null,
};
const finding: Row = {
  run_id: "run-1",
  row_id: "row-1",
  row_key: "k",
  rule: "bad-time",
  value: "1",
  message: "expected another",
  row_updated_at: NOW_MS,
  created_at: NOW_MS,
};
const quarantined: Row = {
  row_id: "row-1",
  quarantined_at_ms: NOW_MS,
  row_key: "k",
  rule: "bad-time",
  value: "1",
  message: "expected another",
  row: "{}",
  events: "[]",
  run_id: "run-1",
  quarantined_by: "operator:7",
};

/** What the tables of quality refuse: one bug at a time in an otherwise sound row. */
export const REFUSALS_OF_QUALITY: readonly Refusal[] = [
  ["hour_start", "half an hour", "quality_hours", { ...hour, id: NOW_MS + HOUR_MS / 2 }],
  ["hour_scans", "sums of no scan", "quality_hours", { ...hour, scans: 0 }],
  ["hour_scans", "coins of more scans than there were", "quality_hours", { ...hour, coin_scans: 3 }],
  ["hour_json", "a list of feeds", "quality_hours", { ...hour, feeds: "[]" }],
  ["hour_time", "a time in seconds", "quality_hours", { ...hour, created_at: SECONDS }],
  ["day_start", "a day from noon on", "quality_days", { ...day, id: NOW_MS }],
  ["day_scans", "sums of no scan", "quality_days", { ...day, scans: 0 }],
  ["day_json", "a list of coins", "quality_days", { ...day, coins: "[]" }],
  ["day_time", "a time in seconds", "quality_days", { ...day, created_at: SECONDS }],
  ["check_hour", "half an hour", "duplicate_checks", { ...check, id: NOW_MS + HOUR_MS / 2 }],
  ["check_counts", "more doubles than rows", "duplicate_checks", { ...check, rows_double: 3 }],
  ["check_samples", "no list", "duplicate_checks", { ...check, samples: "{}" }],
  ["check_time", "a time in seconds", "duplicate_checks", { ...check, created_at: SECONDS }],
  ["run_state", "an unknown state", "validation_runs", { ...run, state: "asleep" }],
  ["run_names", "nobody's run", "validation_runs", { ...run, started_by: "" }],
  ["run_counts", "more rows removed than found", "validation_runs", { ...run, dry_run_id: "run-0", rows_removed: 1 }],
  ["run_removes_by_dry_run", "a dry run that removes", "validation_runs", { ...run, rows_found: 1, rows_removed: 1 }],
  ["run_ended", "done at no time", "validation_runs", { ...run, state: "done" }],
  ["run_times", "a time in seconds", "validation_runs", { ...run, created_at: SECONDS }],
  ["finding_names", "no rule", "validation_findings", { ...finding, rule: "" }],
  ["finding_value", "a value that is not JSON", "validation_findings", { ...finding, value: "n/a" }],
  ["finding_time", "a time in seconds", "validation_findings", { ...finding, created_at: SECONDS }],
  ["quarantine_names", "nobody's act", "quarantined_rows", { ...quarantined, quarantined_by: "" }],
  ["quarantine_json", "a row that is not whole", "quarantined_rows", { ...quarantined, row: "[]" }],
  ["quarantine_times", "put back before it was taken out", "quarantined_rows", { ...quarantined, restored_at_ms: NOW_MS - 1 }],
];
