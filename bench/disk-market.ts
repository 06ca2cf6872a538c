import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type RecordedMarket, requestName } from "./recorded-market.ts";
import type { ReadText } from "./replay.ts";

const scansSchema = z.array(z.object({ nowMs: z.number(), files: z.record(z.string(), z.record(z.string(), z.string())) }));

/** A recorded market as files, so that another process reads each body when its scan asks for it, as it would from a venue. */
export function writeMarket(market: RecordedMarket): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "carrywatch-bench-"));
  let files = 0;
  const write = (text: string): string => {
    const file = `${files++}.json`;
    writeFileSync(join(folder, file), text);
    return file;
  };
  const scans = [...market.before, ...market.moments].map(({ nowMs, texts }) => ({
    nowMs,
    files: mapValues(texts, (ofFeed) => mapValues(ofFeed, write)),
  }));
  writeFileSync(join(folder, "scans.json"), JSON.stringify(scans));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** The scans of a folder, in their order, with a reader of their bodies that keeps nothing. */
export function readMarket(folder: string): readonly { readonly nowMs: number; readonly read: ReadText }[] {
  const scans = scansSchema.parse(JSON.parse(readFileSync(join(folder, "scans.json"), "utf8")));
  return scans.map(({ nowMs, files }) => ({
    nowMs,
    read: ({ id }, asked) => readFileSync(join(folder, files[id]?.[requestName(asked)] ?? `no ${requestName(asked)} of ${id}`), "utf8"),
  }));
}

const mapValues = <A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
