import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { perpetualSymbol, spotSymbol } from "../../src/domain/instrument.ts";
import { NUMERIC_COLUMNS, type Quote, REJECT_REASONS } from "../../src/domain/quote.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import {
  type Bodies,
  bySymbol,
  listsIn,
  mustParse,
  parseBodies,
  pathsIn,
  quotesOf,
  rowKeysAt,
  rowsAt,
  valueAtPath,
  withRows,
  withValue,
} from "./bodies.ts";

/** What a set of bodies leaves out on purpose, with the reason, so that a skip is seen. */
export type Omission = "state" | "book" | "schedule" | "rate";
export type ContractInput = {
  readonly adapter: VenueAdapter;
  /** Sound bodies, by endpoint. */
  readonly bodies: Bodies;
  readonly nowMs: number;
  readonly omits?: Partial<Record<Omission, string>>;
};

/** Every adapter must pass this on every body that its venue sends. */
export function venueContract(title: string, load: () => ContractInput | Promise<ContractInput>): void {
  describe(title, () => {
    it("gives rows, and counts every row of the primary body as a row or as rejected", async () => {
      const { adapter, bodies, nowMs } = await load();
      const { columns, rejected, venueSymbols, bookUnitBase } = mustParse(adapter, bodies, nowMs);
      expect(columns.count).toBeGreaterThan(0);
      expect(columns.venue).toBe(adapter.facts.id);
      const primary = Object.entries(adapter.endpoints).find(([name, { required }]) => required && name in bodies);
      const rows = rowsAt(bodies[primary?.[0] ?? ""], listsIn(bodies[primary?.[0] ?? ""])[0] ?? []);
      const elsewhere = rejected.filter(({ reason }) => reason === "no-counterpart").length;
      expect(columns.count + rejected.length - elsewhere).toBe(rows.length);
      expect(venueSymbols).toHaveLength(columns.count);
      expect(bookUnitBase).toHaveLength(columns.count);
      for (const unit of bookUnitBase) expect(Number.isNaN(unit) || unit > 0).toBe(true);
      for (const { reason, symbol, detail } of rejected) {
        expect(REJECT_REASONS).toContain(reason);
        expect([symbol, detail].every((text) => text.length > 0)).toBe(true);
      }
    });

    it("gives sane numbers in our units", async () => {
      const { adapter, bodies, nowMs, omits } = await load();
      const quotes = quotesOf(mustParse(adapter, bodies, nowMs));
      for (const quote of quotes) expectSane(quote, { nowMs, isScheduled: omits?.schedule === undefined });
      const share = (has: (quote: Quote) => boolean): number => quotes.filter(has).length / quotes.length;
      const isSpot = adapter.id !== adapter.facts.id;
      expect(quotes.every(({ kind }) => (kind === "spot") === isSpot)).toBe(true);
      if (isSpot)
        for (const column of OF_PERPETUALS)
          expect(
            share((quote) => quote[column] !== null),
            column,
          ).toBe(0);
      else if (omits?.rate === undefined)
        expect(share(({ fundingRatePerInterval }) => fundingRatePerInterval !== null)).toBeGreaterThan(0.9);
      if (!adapter.facts.hasBulkBook) expect(share(({ bid, ask }) => bid !== null || ask !== null)).toBe(0);
      else if (omits?.book === undefined) expect(share(({ bid, ask }) => bid !== null && ask !== null)).toBeGreaterThan(0.5);
    });

    it("gives unique symbols that go there and back", async () => {
      const { adapter, bodies, nowMs } = await load();
      const parsed = mustParse(adapter, bodies, nowMs);
      const quotes = quotesOf(parsed);
      expect(new Set(quotes.map(({ symbol }) => symbol)).size).toBe(quotes.length);
      expect(new Set(parsed.venueSymbols).size).toBe(quotes.length);
      for (const { symbol, kind, asset, quote, settle } of quotes) {
        expect(symbol).toBe(kind === "spot" ? spotSymbol(asset, quote) : perpetualSymbol(asset, quote, settle));
        if (kind === "spot") expect(settle).toBe(quote);
      }
    });

    it("keeps tables that storage can hold, and joins them to the same rows", async () => {
      const { adapter, bodies, nowMs } = await load();
      const tables = Object.fromEntries(
        Object.entries(bodies).map(([name, body]) => {
          const table = adapter.endpoints[name]?.read(body);
          return [name, { table: table?.ok === true ? structuredClone(table.value) : null, receivedAtMs: nowMs }];
        }),
      );
      const joined = adapter.join(tables, nowMs);
      expect(joined.ok && quotesOf(joined.value)).toEqual(quotesOf(mustParse(adapter, bodies, nowMs)));
    });

    it("does not depend on the order of the rows", async () => {
      const { adapter, bodies, nowMs } = await load();
      const reversed = Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, withListsReversed(body)]));
      const before = bySymbol(mustParse(adapter, bodies, nowMs));
      const after = bySymbol(mustParse(adapter, reversed, nowMs));
      expect(after.size).toBe(before.size);
      for (const [symbol, quote] of before) expect(after.get(symbol)).toEqual(quote);
    });

    it("takes an empty list and a body of another shape for errors", async () => {
      const { adapter, bodies } = await load();
      for (const [name, body] of Object.entries(bodies)) {
        const read = adapter.endpoints[name]?.read;
        const kinds = listsIn(body).map((list) => {
          const emptied = read?.(withRows(body, list, []));
          return emptied?.ok === false ? emptied.error.kind : "none";
        });
        expect(kinds, name).toContain("empty");
        for (const wrong of [null, "<html>", 5, [], {}]) expect(read?.(wrong), name).toMatchObject({ ok: false });
      }
    });

    it("takes a primary body in which no row has a name for another shape, not for a venue without instruments", async () => {
      const { adapter, bodies, nowMs } = small(await load());
      const [name, body] = Object.entries(bodies).find(([each]) => adapter.endpoints[each]?.required === true) ?? ["", null];
      expect(parseBodies(adapter, { ...bodies, [name]: withoutNames(body) }, nowMs)).toMatchObject({
        ok: false,
        error: { kind: "bad-shape" },
      });
    });

    it("a field that is nulled or no number costs its own row or its own figure, never another's", async () => {
      const input = small(await load());
      const before = bySymbol(mustParse(input.adapter, input.bodies, input.nowMs));
      for (const { name, path } of rowFields(input)) {
        const known = namesIn(valueAtPath(input.bodies[name], path.slice(0, -1)));
        // A row that is refused anyway (delisted, say) may well become one by losing the field that says so.
        if (known.length > 0 && !known.some((each) => before.has(each))) continue;
        for (const value of [null, undefined, "abc", "0x10", {}, true]) {
          const parsed = parseBodies(input.adapter, { ...input.bodies, [name]: withValue(input.bodies[name], path, value) }, input.nowMs);
          if (!parsed.ok) continue;
          const changed = [...bySymbol(parsed.value)].flatMap(([symbol, quote]) => changedFields(quote, before.get(symbol)));
          const invented = changed.filter(({ now }) => now !== null);
          expect(
            invented.filter(({ field }) => !ALLOWED_TO_CHANGE.has(field)),
            `${name} ${path.join(".")} = ${JSON.stringify(value)}`,
          ).toEqual([]);
          expect(before.size - parsed.value.columns.count).toBeLessThanOrEqual(1);
        }
      }
    });

    it("refuses a row whose state or contract type has a value that the venue does not document", async (context) => {
      const input = await load();
      if (input.omits?.state !== undefined) return context.skip(input.omits.state);
      const reasons = new Set<string>();
      for (const { name, path, text } of rowFields(input)) {
        if (!text) continue;
        const bodies = { ...input.bodies, [name]: withValue(input.bodies[name], path, "no-such-value") };
        const parsed = parseBodies(input.adapter, bodies, input.nowMs);
        for (const { reason } of parsed.ok ? parsed.value.rejected : []) reasons.add(reason);
      }
      expect([...reasons].filter((reason) => reason === "unknown-state" || reason === "unknown-contract-type")).not.toEqual([]);
    });

    it("never throws and never gives an insane figure, whatever happens to the bodies", async () => {
      const { adapter, bodies, nowMs } = small(await load());
      const names = Object.keys(bodies);
      const paths = Object.fromEntries(names.map((name) => [name, pathsIn(bodies[name])]));
      const value = fc.oneof(
        fc.constantFrom<unknown>(null, undefined, "", " ", "abc", "0", "-1", "1e999", 0, -1, 1e308, true, [], {}, "\u0000", "BTCUSDT"),
        fc.jsonValue({ maxDepth: 2 }),
      );
      const change = fc.record({ name: fc.constantFrom(...names), where: fc.nat(), value });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          const broken: Record<string, unknown> = { ...bodies };
          for (const { name, where, value: to } of changes) {
            const known = paths[name] ?? [];
            broken[name] = withValue(broken[name], known[where % known.length] ?? [], to);
          }
          const parsed = parseBodies(adapter, broken, nowMs);
          if (!parsed.ok) return;
          for (const quote of quotesOf(parsed.value)) {
            for (const column of NUMERIC_COLUMNS) expect(quote[column] === null || !Number.isNaN(quote[column])).toBe(true);
            expect(quote.fundingIntervalHours === null || quote.fundingIntervalHours > 0).toBe(true);
          }
        }),
        { numRuns: 150 },
      );
    });
  });
}

/** What only perpetuals have. */
const OF_PERPETUALS = [
  "mark",
  "fundingRatePerInterval",
  "fundingIntervalHours",
  "nextFundingAtMs",
  "lastSettledRatePerInterval",
  "fundingCap",
  "fundingFloor",
  "openInterestUsd",
] as const;

/** What the gate would refuse in bodies that are sound. */
function expectSane(quote: Quote, { nowMs, isScheduled }: { readonly nowMs: number; readonly isScheduled: boolean }): void {
  for (const column of NUMERIC_COLUMNS) {
    const value = quote[column];
    expect(value === null || Number.isFinite(value), `${quote.symbol} ${column} ${value}`).toBe(true);
  }
  const { bid, ask, fundingIntervalHours, fundingRatePerInterval, nextFundingAtMs, multiplier } = quote;
  // An empty book may be shown as zeros, which the gate refuses, and so may that of a contract that does not trade.
  if (bid !== null && ask !== null && !(bid === 0 && ask === 0) && (quote.state === null || quote.state === "trading")) {
    expect(bid, quote.symbol).toBeGreaterThan(0);
    expect(ask, quote.symbol).toBeGreaterThanOrEqual(bid);
  }
  expect([1, 1000, 10_000, 100_000, 1_000_000]).toContain(multiplier);
  if (fundingIntervalHours !== null) expect([1, 2, 4, 8, 24]).toContain(fundingIntervalHours);
  if (fundingRatePerInterval !== null) expect(Math.abs(fundingRatePerInterval), quote.symbol).toBeLessThan(0.1);
  // The settlement of a contract that does not trade may have stayed where it was.
  if (nextFundingAtMs !== null && isScheduled && (quote.state === null || quote.state === "trading")) {
    expect(Math.abs(nextFundingAtMs - nowMs), quote.symbol).toBeLessThanOrEqual(DAY_MS);
  }
  for (const time of [quote.eventAtMs, quote.replyAtMs, quote.receivedAtMs]) {
    if (time !== null) expect(Math.abs(time - nowMs), quote.symbol).toBeLessThanOrEqual(DAY_MS);
  }
}

/** Reverses each list. Lists of one body that are zipped by index stay zipped, since all are reversed. */
function withListsReversed(body: unknown): unknown {
  return listsIn(body).reduce((copy, path) => withRows(copy, path, [...rowsAt(copy, path)].reverse()), body);
}

/** The body with the naming field of each row taken away. */
function withoutNames(body: unknown): unknown {
  return listsIn(body).reduce(
    (copy, list) =>
      withRows(
        copy,
        list,
        rowsAt(copy, list).map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !NAME_FIELDS.includes(key)))),
      ),
    body,
  );
}

/** The same bodies with a dozen rows a list: enough to break one in every way. */
function small(input: ContractInput): ContractInput {
  const { adapter, bodies, nowMs } = input;
  const wanted = new Set(mustParse(adapter, bodies, nowMs).venueSymbols.slice(0, 6));
  const keep = (row: unknown): boolean => namesIn(row).some((name) => wanted.has(name));
  const cut = (body: unknown): unknown => {
    const lists = listsIn(body);
    const zipped = lists.length > 1 && !rowsAt(body, lists[1] ?? []).some(keep);
    return lists.reduce((copy, path) => {
      const rows = rowsAt(copy, path);
      const kept = zipped ? rows.slice(0, 12) : rows.filter(keep);
      return kept.length === 0 ? copy : withRows(copy, path, kept);
    }, body);
  };
  return { ...input, bodies: Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, cut(body)])) };
}

type RowField = { readonly name: string; readonly path: readonly (string | number)[]; readonly text: boolean };

/** Each field that a list has, at the first row that has it, beside the one that names the row. */
function rowFields({ bodies }: ContractInput): RowField[] {
  return Object.entries(bodies).flatMap(([name, body]) =>
    listsIn(body).flatMap((list) => {
      const fields = new Map<string, RowField>();
      const keys = rowKeysAt(body, list);
      for (const [place, each] of rowsAt(body, list).entries()) {
        for (const [key, value] of Object.entries(each)) {
          const text = CODES.has(key) || typeof value === "boolean" || (typeof value === "string" && !/^-?\d/u.test(value));
          if (!fields.has(key) && !NAME_FIELDS.includes(key)) fields.set(key, { name, path: [...list, keys[place] ?? place, key], text });
        }
      }
      return [...fields.values()];
    }),
  );
}

/** The fields that name a row. */
const NAME_FIELDS = ["contract_code", "symbol", "name", "contract", "instId", "currency_pair", "id", "ticker", "market_id"];
/** Fields in which a number stands for a state. */
const CODES: ReadonlySet<string> = new Set(["state", "status", "contract_status"]);

/** The venue's own names in a row, as texts. */
const namesIn = (row: unknown): readonly string[] =>
  NAME_FIELDS.flatMap((key) => {
    const name = valueAtPath(row, [key]);
    return typeof name === "string" || typeof name === "number" ? String(name) : [];
  });

/** What may take another value, none of it a price: times fall back to the other body's, class and state become stricter. */
const ALLOWED_TO_CHANGE: ReadonlySet<string> = new Set(["eventAtMs", "receivedAtMs", "assetClass", "state"]);

function changedFields(quote: Quote, before: Quote | undefined): { readonly field: string; readonly now: unknown }[] {
  if (before === undefined) return [{ field: "symbol", now: quote.symbol }];
  return Object.entries(quote).flatMap(([field, now]) => (Object.is(now, valueAtPath(before, [field])) ? [] : [{ field, now }]));
}
