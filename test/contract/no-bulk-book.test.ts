import { describe, expect, test } from "vitest";
import { NOTHING_CARRIED, type ReadText, scan } from "../../bench/replay.ts";
import { startSimulator } from "../../simulator/simulator.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34);
const SCAN_MS = 120_000;
/** On every venue; paid for on the two that send no book in bulk, so that no pair of the others opens on it. */
const COIN = "AAVE";

/** The market through the pipeline, scan by scan. `books`: whether the two venues answer for their order books. */
async function scans(count: number, { books }: { readonly books: boolean }) {
  const simulator = await startSimulator({ nowMs: NOW_MS, coins: 60 });
  simulator.control({ planted: { asset: COIN, per8h: { dydx: -0.0015, lighter: -0.0014 } } });
  const read: ReadText = async ({ id, hosts }, { method, path, body }) => {
    const isBook = /orderbooks\/|orderBookOrders/u.test(path);
    if (isBook && !books) return JSON.stringify({ code: 200, bids: [], asks: [] });
    if (isBook) expect(["dydx", "lighter"]).toContain(id);
    const init = method === "POST" ? { method, body: JSON.stringify(body) } : {};
    return await (await simulator.handle(new Request(`http://gateway/${hosts[0]}${path}`, init))).text();
  };
  const done = [];
  let carried = NOTHING_CARRIED;
  for (let place = 0; place < count; place++) {
    simulator.control({ clock: { nowMs: NOW_MS + place * SCAN_MS } });
    const result = await scan({ nowMs: NOW_MS + place * SCAN_MS, read, carried });
    ({ carried } = result);
    done.push(result);
  }
  await simulator.close();
  return done;
}

const LEGS = ["dydx:AAVE/USD:USD", "lighter:AAVE/USDC:USDC"];

describe("legs of venues that send no bid and ask in bulk", () => {
  test("have no price until their books are read, and open with depth then; the books are chosen by rates alone", async () => {
    const done = await scans(6, { books: true });
    const [first] = done;
    // Nothing is made up: crossing and net are not known, and the reasons say so.
    const unpriced = (first?.record.unpriced ?? []).filter(({ asset }) => asset === COIN);
    expect(unpriced.length).toBeGreaterThan(0);
    for (const { ledger, long } of unpriced) {
      expect(["dydx", "lighter"]).toContain(long.quote.venue);
      expect([ledger.net, ledger.crossing, long.quote.bid, long.quote.ask]).toEqual([null, null, null, null]);
      expect(ledger.reasons.length).toBeGreaterThan(0);
    }
    expect(Object.keys(first?.carried.lifecycle.open ?? {}).filter((key) => key.includes(COIN))).toEqual([]);
    const wanted = (first?.carried.wanted ?? []).map(({ id }) => id);
    expect(wanted).toContain(LEGS[0]);

    const last = done.at(-1);
    expect(Object.keys(last?.carried.depths ?? {})).toEqual(expect.arrayContaining(LEGS));
    const open = Object.values(last?.carried.lifecycle.open ?? {}).filter(({ row }) => row.priced.asset === COIN);
    expect(new Set(open.map(({ row }) => row.priced.long.quote.venue))).toEqual(new Set(["dydx", "lighter"]));
    for (const { row } of open) {
      const { ledger, long, short } = row.priced;
      const withoutBook = [long, short].some(({ quote }) => quote.bid === null);
      if (withoutBook) expect(["book", "mixed"]).toContain(ledger.crossingSource);
      expect(ledger.crossing).toBeGreaterThan(0);
    }
  });

  test("never open where their books cannot be read, however much they pay", async () => {
    const done = await scans(4, { books: false });
    for (const { carried } of done) {
      const legs = Object.values(carried.lifecycle.open).flatMap(({ row }) => [row.priced.long, row.priced.short]);
      expect(legs.filter(({ quote }) => quote.venue === "dydx" || quote.venue === "lighter")).toEqual([]);
    }
    expect((done.at(-1)?.record.unpriced ?? []).filter(({ asset }) => asset === COIN).length).toBeGreaterThan(0);
  });
});
