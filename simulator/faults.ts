import { setTimeout as wait } from "node:timers/promises";
import type { Distortion } from "./rows.ts";
import type { ErrorKind, Json, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venues/venue.ts";

/** Faults of the connection or of the whole answer. They work on recorded bodies too. */
export const ANSWER_FAULTS = [
  "http-400",
  "http-401",
  "http-403",
  "cdn-403",
  "geo-451",
  "rate-429",
  "ban-418",
  "http-500",
  "error-envelope",
  "html",
  "hang",
  "slow-body",
  "cut-body",
  "cut-connection",
  "huge-body",
] as const;
/** Faults of the rows in an otherwise good answer. */
export const ROW_FAULTS = [
  "empty-list",
  "zero-rates",
  "stale-rows",
  "frozen-rows",
  "crossed-book",
  "absurd-rate",
  "missing-field",
  "future-times",
  "seconds-for-ms",
  "skewed-clock",
  "renamed-field",
  "changed-type",
  "duplicate-rows",
  "partial-list",
] as const;
export const FAULT_KINDS = [...ANSWER_FAULTS, ...ROW_FAULTS] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export type FaultOptions = {
  /** rate-429 and ban-418: the Retry-After header; without it none is sent. */
  readonly retryAfterSeconds?: number | undefined;
  /** error-envelope: the venue's "too many requests" instead of its internal error. */
  readonly rateLimited?: boolean | undefined;
  /** slow-body: bytes of a piece and pause between pieces. */
  readonly chunkBytes?: number | undefined;
  readonly everyMs?: number | undefined;
  /** huge-body: size of the body, and whether its header says so. */
  readonly bytes?: number | undefined;
  readonly declared?: boolean | undefined;
  /** stale-rows: how old the answer is. */
  readonly ageMs?: number | undefined;
  /** absurd-rate: fraction per interval. */
  readonly rate?: number | undefined;
  /** missing-field, renamed-field, changed-type: the key that the rows lack or send in another form. */
  readonly field?: string | undefined;
  /** changed-type: numbers and texts change places, or the value stands in an object of its own. */
  readonly as?: "swapped" | "nested" | undefined;
  /** partial-list: of two lists that belong together only the last is short. */
  readonly uneven?: boolean | undefined;
  /** future-times, skewed-clock: how far ahead. */
  readonly shiftMs?: number | undefined;
  /** zero-rates, crossed-book, absurd-rate: only these symbols of the venue. */
  readonly symbols?: readonly string[] | undefined;
  /** Spoils every second answer only. */
  readonly flapping?: boolean | undefined;
};

export type Fault = {
  readonly venue: string;
  /** `null`: every endpoint of the venue. */
  readonly endpoint: string | null;
  /** `null`: every host of the venue. */
  readonly host: string | null;
  readonly kind: FaultKind;
  readonly options: FaultOptions;
  /** Simulated time from which it holds. */
  readonly sinceMs: number;
};

const MINUTE_MS = 60_000;
const DEFAULT_AGE_MS = 10 * MINUTE_MS;
const DEFAULT_SHIFT_MS = 26 * 60 * MINUTE_MS;
const DEFAULT_SKEW_MS = 30_000;
const DEFAULT_ABSURD_RATE = 0.25;
const DEFAULT_HUGE_BYTES = 64 * 1024 * 1024;
const HTML = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>";
const CDN_HTML =
  "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>";

const ERROR_OF: Partial<Record<FaultKind, ErrorKind>> = {
  "http-400": "bad-request",
  "http-401": "unauthorized",
  "http-403": "forbidden",
  "geo-451": "geo-blocked",
  "rate-429": "rate-limited",
  "ban-418": "banned",
  "http-500": "server",
};

/** What the venue answers instead of data; `null` for faults that spoil a good answer. */
export function refusalOf(fault: Fault, venue: SimulatedVenue, nowMs: number): VenueReply | null {
  if (fault.kind === "cdn-403") return { status: 403, body: CDN_HTML, contentType: "text/html" };
  if (fault.kind === "html") return { status: 200, body: HTML, contentType: "text/html" };
  if (fault.kind === "error-envelope") return venue.error(fault.options.rateLimited === true ? "envelope-rate-limited" : "envelope", nowMs);
  const kind = ERROR_OF[fault.kind];
  return kind === undefined ? null : venue.error(kind, nowMs);
}

/** How a fault changes what the rows are made of: their time, the clock on the wire, and their figures. */
export function distortionOf(
  fault: Fault,
  nowMs: number,
): {
  readonly nowMs: number;
  readonly frozenAtMs: number | null;
  readonly time: (epochMs: number) => number;
  readonly rows: Distortion | null;
} {
  const { kind, options } = fault;
  const symbols = options.symbols === undefined ? undefined : new Set(options.symbols);
  const plain = { nowMs, frozenAtMs: null, time: (epochMs: number) => epochMs, rows: null };
  if (kind === "stale-rows") return { ...plain, nowMs: nowMs - (options.ageMs ?? DEFAULT_AGE_MS) };
  if (kind === "frozen-rows") return { ...plain, frozenAtMs: fault.sinceMs };
  if (kind === "future-times") return { ...plain, time: (epochMs) => epochMs + (options.shiftMs ?? DEFAULT_SHIFT_MS) };
  if (kind === "seconds-for-ms") return { ...plain, time: (epochMs) => Math.floor(epochMs / 1_000) };
  // A clock that is wrong stamps what it sends, and pays at the same settlements as before.
  if (kind === "skewed-clock") {
    return { ...plain, time: (epochMs) => (epochMs <= nowMs ? epochMs + (options.shiftMs ?? DEFAULT_SKEW_MS) : epochMs) };
  }
  if (kind === "zero-rates") return { ...plain, rows: { rate: () => 0, symbols } };
  if (kind === "absurd-rate") return { ...plain, rows: { rate: () => options.rate ?? DEFAULT_ABSURD_RATE, symbols } };
  if (kind === "crossed-book") return { ...plain, rows: { crossed: true, symbols } };
  return plain;
}

/** Changes the rows of a body that is about to be sent: how many there are, or one key of each. */
export function spoilRows({ kind, options }: Fault, wire: WireBody, vital: readonly string[]): void {
  const lists = wire.rows;
  if (kind === "empty-list") for (const list of lists) list.length = 0;
  if (kind === "duplicate-rows") for (const list of lists) list.push(...list.map((row) => ({ ...row })));
  if (kind === "partial-list") for (const list of options.uneven === true ? lists.slice(-1) : lists) keepEveryOther(list);
  const field = options.field ?? vital[0];
  const change = CHANGE_OF_KEY[kind];
  if (field === undefined || change === undefined) return;
  for (const list of lists) for (const row of list) if (Object.hasOwn(row, field)) change(row, field, options);
}

const CHANGE_OF_KEY: Partial<Record<FaultKind, (row: WireRow, field: string, options: FaultOptions) => void>> = {
  "missing-field": (row, field) => {
    delete row[field];
  },
  "renamed-field": (row, field) => {
    row[`${field}V2`] = row[field] ?? null;
    delete row[field];
  },
  "changed-type": (row, field, options) => {
    const value = row[field] ?? null;
    row[field] = options.as === "nested" ? { value } : swapped(value);
  },
};

/** A number as text and a text as number, where it is one. */
function swapped(value: Json): Json {
  if (typeof value === "string") return value !== "" && Number.isFinite(Number(value)) ? Number(value) : [value];
  return typeof value === "number" ? String(value) : [value];
}

function keepEveryOther(list: WireRow[]): void {
  list.splice(0, list.length, ...list.filter((_row, place) => place % 2 === 0));
}

/** Sends a good body badly. `ended` is called when nothing more will be sent. */
export function spoilBody(
  fault: Fault,
  body: Uint8Array,
  { closing, ended }: { readonly closing: AbortSignal; readonly ended: () => void },
): Response {
  const headers = { "content-type": "application/json" };
  const stream = (pieces: AsyncGenerator<Uint8Array>): Response => new Response(streamOf(pieces, ended), { headers });
  switch (fault.kind) {
    case "slow-body":
      return stream(dripping(body, { chunkBytes: fault.options.chunkBytes ?? 64, everyMs: fault.options.everyMs ?? 250, closing }));
    case "cut-connection":
      return stream(breaking(body));
    case "huge-body": {
      const bytes = fault.options.bytes ?? DEFAULT_HUGE_BYTES;
      if (fault.options.declared !== true) return stream(padding(bytes));
      return new Response(streamOf(padding(bytes), ended), { headers: { ...headers, "content-length": String(bytes) } });
    }
    case "cut-body":
      ended();
      return new Response(Buffer.from(body.subarray(0, Math.floor(body.length / 2))), { headers });
    default:
      ended();
      return new Response(Buffer.from(body), { headers });
  }
}

function streamOf(pieces: AsyncGenerator<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const next = await pieces.next();
        if (next.done !== true) return controller.enqueue(next.value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      ended();
    },
    cancel: () => ended(),
  });
}

type Drip = { readonly chunkBytes: number; readonly everyMs: number; readonly closing: AbortSignal };

async function* dripping(body: Uint8Array, { chunkBytes, everyMs, closing }: Drip): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < body.length; from += chunkBytes) {
    yield body.subarray(from, from + chunkBytes);
    await wait(everyMs, undefined, { signal: closing }).catch(() => undefined);
    if (closing.aborted) return;
  }
}

async function* breaking(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body.subarray(0, Math.floor(body.length / 2));
  // Lets the first half leave before the connection breaks.
  await wait(20);
  throw new Error("the connection broke in the middle of the body");
}

async function* padding(bytes: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(64 * 1024).fill(0x20);
  yield Uint8Array.of(0x5b);
  for (let sent = 1; sent < bytes - 1; sent += piece.length) yield piece.subarray(0, Math.min(piece.length, bytes - 1 - sent));
  yield Uint8Array.of(0x5d);
}
