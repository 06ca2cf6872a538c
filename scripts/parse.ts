/**
 * Shows what adapters make of bodies that a venue sent: the tool with which a venue is added. A venue's name stands for
 * all its markets, whose endpoints have different names; `binance-spot` for one market alone.
 *
 *   npm run parse -- VENUE --list
 *   npm run --silent parse -- VENUE name=body.json [name=body.json …] [--at EPOCH_MS]
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { VenueError } from "../src/domain/error.ts";
import { type Quote, quoteAt } from "../src/domain/quote.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import type { Endpoint, Fetched, Parsed, VenueAdapter } from "../src/venues/adapter.ts";
import { adapterOf, adaptersOf, VENUE_IDS } from "../src/venues/registry.ts";

/** What the command prints and the code it exits with: 0 rows, 1 a body that is an error, 2 a command that cannot be carried out. */
export type Outcome = { readonly exitCode: 0 | 1 | 2; readonly stdout: string; readonly stderr: string };

/** The fields of a row that are shown, in order. */
export const SHOWN_FIELDS = [
  "venue",
  "symbol",
  "kind",
  "asset",
  "bid",
  "ask",
  "bidSizeBase",
  "askSizeBase",
  "mark",
  "index",
  "fundingRatePerInterval",
  "fundingIntervalHours",
  "nextFundingAtMs",
  "fundingCap",
  "volume24hUsd",
  "openInterestUsd",
  "multiplier",
  "assetClass",
  "eventAtMs",
  "state",
] as const satisfies readonly (keyof Quote)[];

/** Carries out one command. `nowMs` is the time of the bodies unless `--at` says otherwise. */
export function parseCommand(argv: readonly string[], nowMs: number): Outcome {
  const command = readCommand(argv, nowMs);
  if (!command.ok) return { exitCode: 2, stdout: "", stderr: `${command.error}\n` };
  const { adapters, bodies, atMs } = command.value;
  if (bodies === null) return { exitCode: 0, stdout: adapters.map(listEndpoints).join(""), stderr: "" };
  const parts: Parsed[] = [];
  for (const adapter of adapters.filter((each) => bodies.some((body) => body.adapter === each))) {
    const own = bodies.filter((body) => body.adapter === adapter);
    const parsed = parseBodies(adapter, own, atMs);
    if (!parsed.ok) return { exitCode: 1, stdout: "", stderr: `${JSON.stringify(shownError(parsed.error))}\n` };
    parts.push(parsed.value);
  }
  const all = { rows: parts.flatMap(shownRows), rejected: parts.flatMap(({ rejected }) => rejected) };
  return { exitCode: 0, stdout: `${JSON.stringify(all)}\n`, stderr: "" };
}

/** A file has no HTTP status: what an error says of it is left out. */
const shownError = (error: BodyError): Record<string, unknown> => ({ ...error, status: undefined });

type Body = { readonly adapter: VenueAdapter; readonly name: string; readonly endpoint: Endpoint; readonly text: string };
/** `bodies` is null where the endpoints are to be listed. */
type Command = { readonly adapters: readonly VenueAdapter[]; readonly bodies: readonly Body[] | null; readonly atMs: number };

const USAGE = "usage: parse VENUE --list | parse VENUE name=body.json [name=body.json …] [--at EPOCH_MS]";

function readCommand(argv: readonly string[], nowMs: number): Result<Command, string> {
  const args = readArguments(argv);
  if (!args.ok) return args;
  const [venue, ...given] = args.value.positionals;
  if (venue === undefined) return err(`expected a venue, found none\n${USAGE}`);
  const adapters = marketsOf(venue);
  if (adapters.length === 0) return err(`expected a venue of ${VENUE_IDS.join(", ")}, found "${venue}"`);
  const { list, at } = args.value;
  if (at !== null && !/^\d{13}$/u.test(at)) return err(`expected --at in epoch milliseconds (13 digits), found "${at}"`);
  const atMs = at === null ? nowMs : Number(at);
  if (list) return ok({ adapters, bodies: null, atMs });
  if (given.length === 0) return err(`expected name=body.json with a name of ${endpointNames(adapters)}, found none\n${USAGE}`);
  const bodies: Body[] = [];
  for (const argument of given) {
    const body = readBody(adapters, argument);
    if (!body.ok) return body;
    if (body.value.endpoint.mergePages === undefined && bodies.some(({ name }) => name === body.value.name)) {
      return err(`expected one body for ${body.value.name}, which has no pages, found a second`);
    }
    bodies.push(body.value);
  }
  return ok({ adapters, bodies, atMs });
}

/** All markets of a venue, or the one of that name. */
function marketsOf(name: string): readonly VenueAdapter[] {
  const markets = adaptersOf(name);
  if (markets.length > 0) return markets;
  const market = adapterOf(name);
  return market === null ? [] : [market];
}

type Arguments = { readonly positionals: readonly string[]; readonly list: boolean; readonly at: string | null };

function readArguments(argv: readonly string[]): Result<Arguments, string> {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { list: { type: "boolean", default: false }, at: { type: "string" } },
    });
    return ok({ positionals, list: values.list, at: values.at ?? null });
  } catch (error) {
    return err(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function readBody(adapters: readonly VenueAdapter[], argument: string): Result<Body, string> {
  const equals = argument.indexOf("=");
  const name = equals < 0 ? argument : argument.slice(0, equals);
  const file = equals < 0 ? "" : argument.slice(equals + 1);
  const adapter = adapters.find(({ endpoints }) => Object.hasOwn(endpoints, name));
  const endpoint = adapter?.endpoints[name];
  if (adapter === undefined || endpoint === undefined) return err(`expected an endpoint of ${endpointNames(adapters)}, found "${name}"`);
  if (file === "") return err(`expected ${name}=body.json, found "${argument}"`);
  try {
    return ok({ adapter, name, endpoint, text: readFileSync(file, "utf8") });
  } catch (error) {
    return err(`expected a readable file for ${name}, found ${error instanceof Error ? error.message : String(error)}`);
  }
}

const endpointNames = (adapters: readonly VenueAdapter[]): string => adapters.flatMap(({ endpoints }) => Object.keys(endpoints)).join(", ");

function listEndpoints(adapter: VenueAdapter): string {
  const lines = Object.entries(adapter.endpoints).map(([name, { method, path, body }]) =>
    [name, method, `https://${adapter.hosts[0]}${path}`, ...(body === undefined ? [] : [JSON.stringify(body)])].join(" "),
  );
  return `${lines.join("\n")}\n`;
}

/** The typed error of a body, with the endpoint that it was given for. */
type BodyError = VenueError & { readonly endpoint?: string };

function parseBodies(adapter: VenueAdapter, bodies: readonly Body[], atMs: number): Result<Parsed, BodyError> {
  const tables: Record<string, Fetched<unknown>> = {};
  for (const { name, endpoint, text } of bodies) {
    const table = readTable(adapter, endpoint, text);
    if (!table.ok) return err({ ...table.error, endpoint: name });
    const earlier = tables[name];
    const merged =
      earlier === undefined || endpoint.mergePages === undefined ? table.value : endpoint.mergePages(earlier.table, table.value);
    tables[name] = { table: merged, receivedAtMs: atMs };
  }
  return adapter.join(tables, atMs);
}

function readTable(adapter: VenueAdapter, endpoint: Endpoint, text: string): Result<unknown, VenueError> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return err({ kind: "bad-json", message: `expected JSON, found ${error instanceof Error ? error.message : String(error)}` });
  }
  const error = adapter.errorIn(body, 200);
  return error === null ? endpoint.read(body) : err(error);
}

function shownRows({ columns }: Parsed): readonly unknown[] {
  return Array.from({ length: columns.count }, (_, row) => {
    const quote = quoteAt(columns, row);
    return Object.fromEntries(SHOWN_FIELDS.map((field) => [field, quote[field]]));
  });
}

if (import.meta.main) {
  const { exitCode, stdout, stderr } = parseCommand(process.argv.slice(2), Date.now());
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}
