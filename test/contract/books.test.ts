import { describe, expect, test } from "vitest";
import type { Book } from "../../src/domain/book.ts";
import { valueAt } from "../../src/domain/quote.ts";
import { ADAPTERS } from "../../src/venues/registry.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { startSimulator } from "../../simulator/simulator.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);
const simulator = await startSimulator({ nowMs: NOW_MS, coins: 80 });

type Asked = { readonly method: string; readonly path: string; readonly body?: unknown };
async function ask(adapter: VenueAdapter, { method, path, body }: Asked): Promise<unknown> {
  const init = method === "POST" ? { method, body: JSON.stringify(body) } : {};
  return await (await simulator.handle(new Request(`${adapter.hosts[0]}`.replace(/^(?!https)/u, "https://") + path, init))).json();
}

async function marketOf(adapter: VenueAdapter) {
  const bodies: Record<string, unknown> = {};
  for (const [name, endpoint] of Object.entries(adapter.endpoints)) bodies[name] = await ask(adapter, endpoint);
  return mustParse(adapter, bodies, NOW_MS);
}

const bookOf = async (adapter: VenueAdapter, symbol: string, instrument: { readonly multiplier: number; readonly unitBase: number }) =>
  adapter.book.read(await ask(adapter, adapter.book.request(symbol)), instrument);

describe.each(ADAPTERS.map((adapter) => ({ id: adapter.id, adapter })))("the order books of $id", ({ adapter }) => {
  test("begin with the best bid and ask of the market in price per coin and in coins, for bundles and contracts too", async () => {
    const { columns, venueSymbols, bookUnitBase } = await marketOf(adapter);
    let multiplied = 0;
    for (let row = 0; row < columns.count; row += 1) {
      const bid = valueAt(columns.bid, row);
      const multiplier = valueAt(columns.multiplier, row) ?? Number.NaN;
      if (columns.state[row] !== "trading" || bid === 0 || (bid === null && adapter.facts.hasBulkBook)) continue;
      if (multiplier === 1 && row % 7 !== 0) continue;
      if (multiplier !== 1) multiplied += 1;
      const unitBase = bookUnitBase[row] ?? Number.NaN;
      const read = await bookOf(adapter, venueSymbols[row] ?? "", { multiplier, unitBase });
      if (!read.ok) throw new Error(`${venueSymbols[row]}: ${JSON.stringify(read.error)}`);
      const { bids, asks, eventAtMs } = read.value;
      expect(bids.length, venueSymbols[row]).toBeGreaterThanOrEqual(15);
      expect(asks.length).toBeGreaterThanOrEqual(15);
      if (bid === null) {
        // Nothing in bulk to hold it against but the index: a price a coin within half a percent, a size worth some thousand USD.
        const index = valueAt(columns.index, row) ?? Number.NaN;
        for (const [price, size] of [bids[0] ?? [], asks[0] ?? []]) {
          expect(Math.abs((price ?? Number.NaN) / index - 1), venueSymbols[row]).toBeLessThan(0.005);
          expect((price ?? Number.NaN) * (size ?? Number.NaN)).toBeGreaterThan(300);
          expect((price ?? Number.NaN) * (size ?? Number.NaN)).toBeLessThan(1_000_000);
        }
        continue;
      }
      expect(bids[0]?.[0]).toBeCloseTo(bid, 12);
      expect(asks[0]?.[0]).toBeCloseTo(valueAt(columns.ask, row) ?? Number.NaN, 12);
      for (const [side, name] of [
        [bids, "bidSizeBase"],
        [asks, "askSizeBase"],
      ] as const) {
        const top = valueAt(columns[name], row);
        if (top !== null && top > 0) expect((side[0]?.[1] ?? Number.NaN) / top, `${venueSymbols[row]} ${name}`).toBeCloseTo(1, 9);
      }
      if (eventAtMs !== null) expect(Math.abs(eventAtMs - NOW_MS)).toBeLessThan(2_000);
    }
    if (columns.multiplier.some((times) => times !== 1)) expect(multiplied).toBeGreaterThan(0);
  });

  test("are asked for with the symbol as the venue writes it, within its budget", async () => {
    const { venueSymbols } = await marketOf(adapter);
    const [symbol = ""] = venueSymbols;
    const { method, path, body, weight, maxBytes } = adapter.book.request(symbol);
    expect(decodeURIComponent(`${path} ${JSON.stringify(body ?? null)}`)).toContain(symbol);
    expect(method).toBe(body === undefined ? "GET" : "POST");
    // 20 books in one scan, should all of them be this venue's.
    expect(20 * weight).toBeLessThan(adapter.budget.weightPerMinute);
    expect(maxBytes).toBeLessThanOrEqual(1_000_000);
  });

  test("of an unknown symbol, and bodies that are no book, are errors and never throw", async () => {
    const unit = { multiplier: 1, unitBase: 1 };
    expect((await bookOf(adapter, "NOSUCHCOIN", unit)).ok).toBe(false);
    for (const body of [null, 5, "text", [], {}, { levels: [] }, { result: {} }, { data: {} }, { data: [] }, { bids: [], asks: [] }])
      expect(adapter.book.read(body, unit).ok, JSON.stringify(body)).toBe(false);
  });

  test("are refused with a side empty, crossed, out of order, or with a level that is no price and size", async () => {
    const { venueSymbols, bookUnitBase, columns } = await marketOf(adapter);
    const row = columns.symbol.findIndex((symbol) => symbol.startsWith("BTC/"));
    const instrument = { multiplier: 1, unitBase: bookUnitBase[row] ?? Number.NaN };
    const body = await ask(adapter, adapter.book.request(venueSymbols[row] ?? ""));
    expect(adapter.book.read(body, instrument).ok).toBe(true);
    expect(adapter.book.read(body, { multiplier: 1, unitBase: Number.NaN }).ok).toBe(false);
    const sides = sidesIn(body);
    expect(sides).toHaveLength(2);
    for (const spoil of [
      (side: unknown[]) => side.splice(0),
      (side: unknown[]) => side.reverse(),
      (side: unknown[]) => side.splice(3, 1, "level"),
      (side: unknown[]) => side.splice(3, 1, side[2]),
    ]) {
      for (const place of [0, 1]) {
        const spoilt: unknown = structuredClone(body);
        spoil(sidesIn(spoilt)[place] ?? []);
        expect(adapter.book.read(spoilt, instrument).ok, spoil.toString()).toBe(false);
      }
    }
  });
});

/** The lists of levels in a body: its longest lists, but for those that BingX sends again in another unit. */
function sidesIn(value: unknown): unknown[][] {
  if (Array.isArray(value)) return value.length > 10 ? [value] : value.flatMap(sidesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key.endsWith("Coin") ? [] : sidesIn(inner)));
}

describe.skipIf(!haveCaptures)(`a captured order book${capturesNote}`, () => {
  test("of Hyperliquid has the figures that stand in it", () => {
    const adapter = ADAPTERS.find(({ id }) => id === "hyperliquid");
    const read = adapter?.book.read(capture("hyperliquid/sample_http_l2_book_btc.json"), { multiplier: 1, unitBase: 1 });
    const book: Book | null = read?.ok === true ? read.value : null;
    expect(book?.bids.slice(0, 2)).toEqual([
      [110_427, 4.11882],
      [110_426, 0.31694],
    ]);
    expect(book?.asks.slice(0, 2)).toEqual([
      [110_428, 3.72573],
      [110_430, 0.03586],
    ]);
  });

  test("of kPEPE by the coin: prices by 1,000, sizes times 1,000", () => {
    const adapter = ADAPTERS.find(({ id }) => id === "hyperliquid");
    const read = adapter?.book.read(
      { levels: [[{ px: "0.0093", sz: "100" }], [{ px: "0.0094", sz: "200" }]], time: NOW_MS },
      { multiplier: 1_000, unitBase: 1_000 },
    );
    expect(read).toEqual({ ok: true, value: { bids: [[0.0093 / 1_000, 100_000]], asks: [[0.0094 / 1_000, 200_000]], eventAtMs: NOW_MS } });
  });
});
