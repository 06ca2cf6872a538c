import type { VenueError } from "../../src/domain/error.ts";
import { type Quote, quoteAt } from "../../src/domain/quote.ts";
import { err, type Result } from "../../src/domain/result.ts";
import type { Fetched, Parsed, VenueAdapter } from "../../src/venues/adapter.ts";
import { type NameBook, nameBook } from "../../src/venues/name-book.ts";

/** JSON bodies of one venue by endpoint name. */
export type Bodies = Readonly<Record<string, unknown>>;

/** What an adapter makes of bodies that all arrived at `nowMs`. The first error of a body ends it, as in a feed. */
export const parseBodies = (adapter: VenueAdapter, bodies: Bodies, nowMs: number): Result<Parsed, VenueError> =>
  parseWithNames(adapter, bodies, { nowMs, names: nameBook() });

/** The same in a feed that has met names before. */
export function parseWithNames(
  adapter: VenueAdapter,
  bodies: Bodies,
  { nowMs, names }: { readonly nowMs: number; readonly names: NameBook },
): Result<Parsed, VenueError> {
  const tables: Record<string, Fetched<unknown>> = {};
  for (const [name, body] of Object.entries(bodies)) {
    const endpoint = adapter.endpoints[name];
    if (endpoint === undefined) throw new Error(`expected an endpoint of ${adapter.facts.id}, found ${name}`);
    const error = adapter.errorIn(body, 200);
    if (error !== null) return err(error);
    const table = endpoint.read(body);
    if (!table.ok) return table;
    tables[name] = { table: table.value, receivedAtMs: nowMs };
  }
  return adapter.join(tables, nowMs, names);
}

/** The same for bodies that are known to be sound. */
export function mustParse(adapter: VenueAdapter, bodies: Bodies, nowMs: number): Parsed {
  const parsed = parseBodies(adapter, bodies, nowMs);
  if (!parsed.ok) throw new Error(`${adapter.facts.id}: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

export const quotesOf = ({ columns }: Parsed): Quote[] => Array.from({ length: columns.count }, (_, row) => quoteAt(columns, row));

/** Rows by the venue's own symbol. */
export function bySymbol(parsed: Parsed): ReadonlyMap<string, Quote> {
  return new Map(quotesOf(parsed).map((quote, row) => [parsed.venueSymbols[row] ?? "", quote]));
}

type Path = readonly (string | number)[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Rows by name, as some venues send them in place of a list: each row has its own name under `ticker`. */
const isRowsByName = (value: unknown): value is Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
  isObject(value) && Object.keys(value).length > 0 && Object.values(value).every((row) => isObject(row) && "ticker" in row);

/** Where the lists of rows lie in a body: arrays of objects and rows by name, outermost only. */
export function listsIn(body: unknown, path: Path = []): Path[] {
  if (Array.isArray(body)) {
    if (body.length > 0 && body.every(isObject) && !body.some((each) => "universe" in each)) return [path];
    return body.flatMap((each, index) => listsIn(each, [...path, index]));
  }
  if (isRowsByName(body)) return [path];
  return isObject(body) ? Object.entries(body).flatMap(([key, each]) => listsIn(each, [...path, key])) : [];
}

export function valueAtPath(body: unknown, path: Path): unknown {
  let value = body;
  for (const key of path) value = Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined;
  return value;
}

/** A copy of the body with another value at the path; `undefined` takes the key, or the element, away. */
export function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = withValue(valueAtPath(body, [key]), rest, value);
  if (Array.isArray(body)) return body.flatMap((each: unknown, index) => (index === key ? (inner === undefined ? [] : [inner]) : [each]));
  if (!isObject(body)) return body;
  const copy: Record<string, unknown> = { ...body };
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

/** The rows of the list at a path. */
export function rowsAt(body: unknown, path: Path): readonly Readonly<Record<string, unknown>>[] {
  const list = valueAtPath(body, path);
  if (Array.isArray(list)) return list.filter(isObject);
  return isRowsByName(list) ? Object.values(list) : [];
}

/** The keys of those rows: places in a list, or names. */
export function rowKeysAt(body: unknown, path: Path): readonly (string | number)[] {
  const list = valueAtPath(body, path);
  return Array.isArray(list) ? [...list.keys()] : isRowsByName(list) ? Object.keys(list) : [];
}

/** A copy of the body with other rows in the list at a path, by name where they were. */
export function withRows(body: unknown, path: Path, rows: readonly Readonly<Record<string, unknown>>[]): unknown {
  const list = valueAtPath(body, path);
  if (!isRowsByName(list)) return withValue(body, path, rows);
  const keys = Object.keys(list);
  const named = rows.map((row, place) => [typeof row["ticker"] === "string" ? row["ticker"] : (keys[place] ?? ""), row] as const);
  return withValue(body, path, Object.fromEntries(named));
}

/** All paths to a value inside, shallow first within each branch. */
export function pathsIn(body: unknown, path: Path = []): Path[] {
  const entries = Array.isArray(body) ? [...body.entries()] : isObject(body) ? Object.entries(body) : [];
  return [path, ...entries.flatMap(([key, each]) => pathsIn(each, [...path, key]))];
}
