import { geoBlockOf } from "../../domain/feed.ts";
import { DAY_MS } from "../../domain/units.ts";
import { latenessOf } from "../../storage/lateness.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import type { Snapshot } from "../../storage/snapshot.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { spokenLanguage } from "../language.ts";
import { renderStatus, type Status } from "../messages/status.ts";

/** How fresh the data is, how late messages are, and which version runs. */
export const status: Command = {
  name: "status",
  needsSession: false,
  groups: false,
  describe: (text) => text.status.describe,
  run: (ask) => show(ask, false),
  press: (ask) => show(ask, true),
};

async function show(ask: Ask, edit: boolean): Promise<Answer> {
  const { services, nowMs } = ask;
  const [read, lateness] = await Promise.all([readSnapshot(services.snapshots), latenessOf(services.db, nowMs - DAY_MS)]);
  const known = read.ok ? freshness(read.value.snapshot, nowMs) : NOTHING_KNOWN;
  const { version, market } = services;
  return { kind: "message", message: renderStatus({ ...known, lateness, version, market }, spokenLanguage(ask)), edit };
}

type Freshness = Omit<Status, "lateness" | "version" | "market">;
const NOTHING_KNOWN: Freshness = { scanAgeMs: null, oldest: null, feeds: { answered: 0, all: 0 }, silent: [], open: null };

/** What a snapshot says of its own age. */
export function freshness({ scan, venues, opportunities }: Pick<Snapshot, "scan" | "venues" | "opportunities">, nowMs: number): Freshness {
  const ages = venues
    .flatMap(({ ok, feed, receivedAtMs }) => (ok && receivedAtMs !== null ? [{ feed, ageMs: Math.max(0, nowMs - receivedAtMs) }] : []))
    .sort((a, b) => b.ageMs - a.ageMs);
  const answered = venues.filter(({ ok }) => ok);
  return {
    scanAgeMs: Math.max(0, nowMs - scan.finishedAtMs),
    oldest: ages[0] ?? null,
    feeds: { answered: answered.length, all: venues.length },
    silent: venues.filter(({ ok }) => !ok).map(({ feed, error, health }) => ({ feed, blocked: geoBlockOf({ error, health }) })),
    open: opportunities.length,
  };
}
