import { describe, expect, test } from "vitest";
import { columnsOf } from "../../test/rows.ts";
import type { VenueError } from "../domain/error.ts";
import { err, ok } from "../domain/result.ts";
import type { Endpoint, VenueAdapter } from "../venues/adapter.ts";
import { type Call, collectVenue, type FeedMemory } from "./collect-venue.ts";

const NONE: FeedMemory = { tables: {}, shown: null, instruments: null };
const FAILURE: VenueError = { kind: "server", status: 500, retryAfterMs: null, message: "down" };
const endpoint = (over: Partial<Endpoint> = {}): Endpoint => ({
  method: "GET",
  path: "/x",
  refreshMs: 0,
  weight: 1,
  maxBytes: 1_000,
  required: false,
  read: (body) => ok(body),
  ...over,
});

/** A venue of the given endpoints, whose rows are one row while `book` was fetched. */
function venueOf(endpoints: Readonly<Record<string, Endpoint>>): VenueAdapter {
  return {
    id: "alpha",
    facts: {
      id: "alpha",
      name: "Alpha",
      takerFee: { perpetual: null, spot: null },
      accrual: "settled",
      hasBulkBook: true,
      documentedCap: null,
    },
    docs: [],
    hosts: ["alpha.example"],
    region: null,
    budget: { weightPerMinute: 100, documentedLimit: "none" },
    endpoints,
    errorIn: () => null,
    book: { request: () => endpoint(), read: () => err(FAILURE) },
    join: (tables) => {
      const rows = tables["book"] === undefined ? [] : [{}];
      return ok({
        columns: columnsOf("alpha", rows),
        rejected: [],
        venueSymbols: rows.map(() => "BTCUSDT"),
        bookUnitBase: Float64Array.from(rows, () => 0.001),
      });
    },
  };
}

/** Answers every call but those named, and keeps the names of the calls it got. */
function answering(nowMs: () => number, failing: readonly string[] = []): { readonly call: Call; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    call: async ({ name, errorIn }) => {
      asked.push(name);
      const error = failing.includes(name) ? FAILURE : errorIn({ name }, 200);
      return { result: error === null ? ok({ body: { name }, receivedAtMs: nowMs() }) : err(error), calls: [] };
    },
  };
}

describe("what a feed asks its venue", () => {
  test("asks for everything that is due at once and for each endpoint once: its calls are limited where they are made", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `endpoint${index}`);
    let open = 0;
    let most = 0;
    const asked: string[] = [];
    const call: Call = async ({ name, errorIn }) => {
      asked.push(name);
      open += 1;
      most = Math.max(most, open);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      open -= 1;
      errorIn({ name }, 200);
      return { result: ok({ body: { name }, receivedAtMs: 0 }), calls: [] };
    };
    const adapter = venueOf(Object.fromEntries(names.map((name) => [name, endpoint()])));
    await collectVenue({ slowCalls: 9, adapter, memory: NONE, call, now: () => 0 });
    expect(most).toBe(names.length);
    expect(asked.toSorted()).toEqual(names.toSorted());
  });

  test("asks hot endpoints in each scan and the others when their body has served its time", async () => {
    const adapter = venueOf({ book: endpoint({ required: true }), metadata: endpoint({ refreshMs: 1_000 }) });
    let nowMs = 0;
    let memory = NONE;
    const { call, asked } = answering(() => nowMs);
    const callsAt = async (atMs: number): Promise<readonly string[]> => {
      nowMs = atMs;
      asked.length = 0;
      const collected = await collectVenue({ slowCalls: 9, adapter, memory, call, now: () => nowMs });
      ({ memory } = collected);
      return [...asked].toSorted();
    };
    expect(await callsAt(0)).toEqual(["book", "metadata"]);
    expect(await callsAt(500)).toEqual(["book"]);
    expect(await callsAt(999)).toEqual(["book"]);
    expect(await callsAt(1_000)).toEqual(["book", "metadata"]);
  });
});

test("slow endpoints beyond the allowance wait, those never read before those that are old, and how many wait is told", async () => {
  const slow = { contracts: endpoint({ refreshMs: 1_000 }), limits: endpoint({ refreshMs: 1_000 }), fees: endpoint({ refreshMs: 1_000 }) };
  const adapter = venueOf({ book: endpoint({ required: true }), ...slow });
  let nowMs = 0;
  const { call, asked } = answering(() => nowMs);
  const first = await collectVenue({ slowCalls: 2, adapter, memory: NONE, call, now: () => nowMs });
  expect([asked.toSorted(), first.reply.slowDue]).toEqual([["book", "contracts", "limits"], 1]);
  nowMs = 1_500;
  asked.length = 0;
  const second = await collectVenue({ slowCalls: 1, adapter, memory: first.memory, call, now: () => nowMs });
  expect([asked.toSorted(), second.reply.slowDue]).toEqual([["book", "fees"], 2]);
  asked.length = 0;
  const third = await collectVenue({ slowCalls: 0, adapter, memory: second.memory, call, now: () => nowMs });
  expect([asked, third.reply.slowDue]).toEqual([["book"], 2]);
});

describe("an endpoint that fails", () => {
  const adapter = venueOf({ book: endpoint({ required: true }), metadata: endpoint({ refreshMs: 1_000 }) });

  test("costs the venue's rows when they cannot do without it, and says why", async () => {
    const { reply } = await collectVenue({ slowCalls: 9, adapter, memory: NONE, call: answering(() => 0, ["book"]).call, now: () => 0 });
    expect(reply).toMatchObject({ columns: null, received: 0, error: FAILURE });
  });

  test("a hot body is never replaced by an older one", async () => {
    const first = await collectVenue({ slowCalls: 9, adapter, memory: NONE, call: answering(() => 0).call, now: () => 0 });
    const second = await collectVenue({
      slowCalls: 9,
      adapter,
      memory: first.memory,
      call: answering(() => 1, ["book"]).call,
      now: () => 1,
    });
    expect(second.reply).toMatchObject({ columns: null, error: FAILURE });
  });

  test("costs its own fields only when they can, and is told", async () => {
    const { reply } = await collectVenue({
      slowCalls: 9,
      adapter,
      memory: NONE,
      call: answering(() => 0, ["metadata"]).call,
      now: () => 0,
    });
    expect(reply.columns?.count).toBe(1);
    expect(reply.degraded).toEqual([{ endpoint: "metadata", error: FAILURE, fromMs: null }]);
  });
});

test("what asking for an order book takes is kept with the rows it belongs to, and outlives a scan that fails", async () => {
  const adapter = venueOf({ book: endpoint({ required: true }) });
  const first = await collectVenue({ slowCalls: 9, adapter, memory: NONE, call: answering(() => 0).call, now: () => 0 });
  expect(first.reply).toMatchObject({ feed: "alpha", venue: "alpha" });
  expect(first.memory.instruments).toMatchObject({ symbol: ["BTC/USDT:USDT"], venueSymbol: ["BTCUSDT"] });
  expect(first.memory.instruments?.unitBase).toEqual(Float64Array.of(0.001));
  const second = await collectVenue({ slowCalls: 9, adapter, memory: first.memory, call: answering(() => 1, ["book"]).call, now: () => 1 });
  expect(second.memory.instruments).toEqual(first.memory.instruments);
});
