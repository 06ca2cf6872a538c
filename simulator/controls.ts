import { z } from "zod";
import type { Charged } from "./accounts/account.ts";
import { ACCOUNT_VENUES } from "./accounts/registry.ts";
import { FAULT_KINDS, ROW_FAULTS, type Fault } from "./faults.ts";
import type { Override } from "./rows.ts";
import type { SimulatedVenue } from "./venues/venue.ts";

const faultOptions = z.strictObject({
  retryAfterSeconds: z.number().nonnegative().optional(),
  rateLimited: z.boolean().optional(),
  chunkBytes: z.int().positive().optional(),
  everyMs: z.number().nonnegative().optional(),
  bytes: z.int().min(2).optional(),
  declared: z.boolean().optional(),
  ageMs: z.number().positive().optional(),
  rate: z.number().optional(),
  field: z.string().optional(),
  as: z.enum(["swapped", "nested"]).optional(),
  uneven: z.boolean().optional(),
  shiftMs: z.number().optional(),
  symbols: z.array(z.string()).optional(),
  flapping: z.boolean().optional(),
});

/** What `POST /control` takes. Parts may be combined; they act in the order in which they stand here. */
export const commandSchema = z.strictObject({
  /** Everything back to how it started, but for the call logs and the chats of Telegram. */
  reset: z.literal(true).optional(),
  /** Takes faults and latency away: all, those of Telegram too, or one venue's. */
  clear: z.union([z.literal(true), z.strictObject({ venue: z.string() })]).optional(),
  /** Stands still at `nowMs`, or runs `offsetMs` beside the clock it started with. */
  clock: z.union([z.strictObject({ nowMs: z.int() }), z.strictObject({ offsetMs: z.int() })]).optional(),
  /** Prices and rates stand still; times go on. */
  frozen: z.boolean().optional(),
  fault: z
    .strictObject({
      venue: z.string(),
      endpoint: z.string().optional(),
      /** Only what is asked at this host of the venue. */
      host: z.string().optional(),
      kind: z.enum(FAULT_KINDS),
      /** Answers it spoils before it is gone; without it, all. */
      times: z.int().positive().optional(),
      options: faultOptions.optional(),
    })
    .optional(),
  /** Each answer of the venue comes that much later. */
  latency: z.strictObject({ venue: z.string(), ms: z.number().nonnegative() }).optional(),
  /** The account of a venue: whether its keys are known any more, and what it is charged, as on the wire. */
  account: z
    .strictObject({ venue: z.string(), revoked: z.boolean().optional(), perpetual: z.string().optional(), spot: z.string().optional() })
    .optional(),
  /** Replaces what was set for the coin before; `{ asset }` alone restores it. */
  planted: z
    .strictObject({
      asset: z.string(),
      per8h: z.record(z.string(), z.number()).optional(),
      collapsed: z.boolean().optional(),
      absent: z.array(z.string()).optional(),
      delisting: z.array(z.string()).optional(),
    })
    .optional(),
  /** A planted coin's opportunity comes and goes: by simulated time, or by calls of each venue's first endpoint. */
  flap: z
    .union([
      z.strictObject({ asset: z.string(), everyMs: z.int().positive() }),
      z.strictObject({ asset: z.string(), everyCalls: z.int().positive() }),
      z.strictObject({ asset: z.string(), off: z.literal(true) }),
    ])
    .optional(),
});
export type ControlCommand = z.infer<typeof commandSchema>;

/** Where an answer is asked for. */
type Asked = { readonly venue: string; readonly endpoint: string | null; readonly host: string };

type Flap =
  | { readonly everyMs: number; readonly fromMs: number }
  | { readonly everyCalls: number; readonly from: ReadonlyMap<string, number> };
type Standing = Fault & { left: number; answers: number };

/** The switches of a running simulator. */
export type Controls = {
  /** Throws a RangeError that names what was expected when the command names what does not exist. */
  readonly apply: (command: ControlCommand) => void;
  readonly nowMs: () => number;
  /** Time whose prices are shown. */
  readonly priceAtMs: () => number;
  readonly latencyMs: (venue: string) => number;
  readonly account: (venue: string) => AccountState;
  /** The fault of the next answer, counted as used. */
  readonly takeFault: (asked: Asked) => Fault | null;
  /** Changes of coins as the venue shows them now; `null` for the next answer of all. */
  readonly overrides: (venue: string | null) => ReadonlyMap<string, Override>;
  /** Notes that a venue's first endpoint was served. */
  readonly served: (venue: string) => void;
  readonly state: () => ControlState;
};

type AccountState = { readonly revoked: boolean; readonly charged: Partial<Charged> };

export type ControlState = {
  readonly nowMs: number;
  readonly frozen: boolean;
  readonly faults: readonly (Fault & { readonly left: number | null })[];
  readonly latencyMs: Readonly<Record<string, number>>;
  readonly overrides: Readonly<Record<string, Override>>;
  readonly flapping: readonly string[];
};

export type ControlOptions = {
  readonly venues: readonly SimulatedVenue[];
  readonly clock: () => number;
  readonly nowMs: number | null;
  readonly frozen: boolean;
  /** Bodies are recordings: faults of rows and changes of coins have nothing to act on. */
  readonly recorded: boolean;
  readonly coins: ReadonlySet<string>;
};

type Switches = {
  fixedMs: number | null;
  offsetMs: number;
  frozenAtMs: number | null;
  faults: Standing[];
  readonly latency: Map<string, number>;
  readonly accounts: Map<string, AccountState>;
  readonly overrides: Map<string, Override>;
  readonly flaps: Map<string, Flap>;
  readonly served: Map<string, number>;
};

/** Switches in their starting position. */
export function createControls(options: ControlOptions): Controls {
  const switches: Switches = {
    fixedMs: options.nowMs,
    offsetMs: 0,
    frozenAtMs: null,
    faults: [],
    latency: new Map(),
    accounts: new Map(),
    overrides: new Map(),
    flaps: new Map(),
    served: new Map(),
  };
  const nowMs = (): number => switches.fixedMs ?? options.clock() + switches.offsetMs;
  if (options.frozen) switches.frozenAtMs = nowMs();
  return {
    apply: (command) => {
      checkNames(command, options);
      if (command.reset === true) reset(switches, options);
      if (command.clear !== undefined) clear(switches, command.clear);
      if (command.clock !== undefined) setClock(switches, command.clock);
      setMarket(switches, command, nowMs());
      if (command.fault !== undefined) switches.faults.push(standing(command.fault, nowMs()));
      if (command.account !== undefined) setAccount(switches, command.account);
      if (command.latency !== undefined) switches.latency.set(command.latency.venue, command.latency.ms);
    },
    nowMs,
    priceAtMs: () => switches.frozenAtMs ?? nowMs(),
    latencyMs: (venue) => switches.latency.get(venue) ?? 0,
    account: (venue) => switches.accounts.get(venue) ?? { revoked: false, charged: {} },
    takeFault: (asked) => takeFault(switches, asked),
    overrides: (venue) => {
      const now = new Map(switches.overrides);
      for (const [asset, flap] of switches.flaps) {
        if (isDown(switches, flap, { venue, nowMs: nowMs() })) now.set(asset, { ...now.get(asset), collapsed: true });
      }
      return now;
    },
    served: (venue) => void switches.served.set(venue, (switches.served.get(venue) ?? 0) + 1),
    state: () => ({
      nowMs: nowMs(),
      frozen: switches.frozenAtMs !== null,
      faults: switches.faults.map((fault) => ({ ...fault, left: Number.isFinite(fault.left) ? fault.left : null })),
      latencyMs: Object.fromEntries(switches.latency),
      overrides: Object.fromEntries(switches.overrides),
      flapping: [...switches.flaps.keys()],
    }),
  };
}

function reset(switches: Switches, options: ControlOptions): void {
  switches.fixedMs = options.nowMs;
  switches.offsetMs = 0;
  switches.faults = [];
  switches.latency.clear();
  switches.accounts.clear();
  switches.overrides.clear();
  switches.flaps.clear();
  switches.frozenAtMs = options.frozen ? (options.nowMs ?? options.clock()) : null;
}

function clear(switches: Switches, what: NonNullable<ControlCommand["clear"]>): void {
  if (what === true) switches.latency.clear();
  else switches.latency.delete(what.venue);
  switches.faults = what === true ? [] : switches.faults.filter((fault) => fault.venue !== what.venue);
}

function setAccount(switches: Switches, { venue, revoked = false, perpetual, spot }: NonNullable<ControlCommand["account"]>): void {
  const charged = { ...(perpetual === undefined ? {} : { perpetual }), ...(spot === undefined ? {} : { spot }) };
  switches.accounts.set(venue, { revoked, charged });
}

function setClock(switches: Switches, clock: NonNullable<ControlCommand["clock"]>): void {
  switches.fixedMs = "nowMs" in clock ? clock.nowMs : null;
  switches.offsetMs = "offsetMs" in clock ? clock.offsetMs : 0;
}

function setMarket(switches: Switches, { frozen, planted, flap }: ControlCommand, nowMs: number): void {
  if (frozen !== undefined) switches.frozenAtMs = frozen ? (switches.frozenAtMs ?? nowMs) : null;
  if (planted !== undefined) {
    const { asset, ...override } = planted;
    switches.overrides.set(asset, override);
  }
  if (flap === undefined) return;
  if ("off" in flap) switches.flaps.delete(flap.asset);
  else if ("everyMs" in flap) switches.flaps.set(flap.asset, { everyMs: flap.everyMs, fromMs: nowMs });
  else switches.flaps.set(flap.asset, { everyCalls: flap.everyCalls, from: new Map(switches.served) });
}

function standing(fault: NonNullable<ControlCommand["fault"]>, sinceMs: number): Standing {
  const { venue, endpoint = null, host = null, kind, times = Infinity, options = {} } = fault;
  return { venue, endpoint, host, kind, options, sinceMs, left: times, answers: 0 };
}

function takeFault(switches: Switches, { venue, endpoint, host }: Asked): Fault | null {
  const fault = switches.faults.find(
    (one) => one.venue === venue && (one.endpoint === null || one.endpoint === endpoint) && (one.host === null || one.host === host),
  );
  if (fault === undefined) return null;
  fault.answers += 1;
  if (fault.options.flapping === true && fault.answers % 2 === 0) return null;
  fault.left -= 1;
  if (fault.left <= 0) switches.faults = switches.faults.filter((one) => one !== fault);
  return fault;
}

/** Down in every second phase; by calls, each venue counts for itself, and `null` asks for the one that is behind. */
function isDown(switches: Switches, flap: Flap, { venue, nowMs }: { readonly venue: string | null; readonly nowMs: number }): boolean {
  if ("everyMs" in flap) return Math.floor((nowMs - flap.fromMs) / flap.everyMs) % 2 === 1;
  const since = (id: string): number => (switches.served.get(id) ?? 0) - (flap.from.get(id) ?? 0);
  const calls = venue === null ? Math.min(...[...switches.served.keys()].map(since).filter((count) => count > 0), Infinity) : since(venue);
  return Number.isFinite(calls) && Math.floor(calls / flap.everyCalls) % 2 === 1;
}

/** A command about a venue, endpoint or coin that does not exist would act on nothing and say nothing. */
function checkNames(command: ControlCommand, { venues, recorded, coins }: ControlOptions): void {
  const one = (what: string, name: string, known: readonly string[]): void => {
    if (!known.includes(name)) throw new RangeError(`expected a ${what} of ${known.slice(0, 30).join(", ")}, found ${name}`);
  };
  const venueIds = venues.map((venue) => venue.id);
  if (command.account !== undefined) one("venue with accounts", command.account.venue, ACCOUNT_VENUES);
  const venueNames = [
    command.fault?.venue,
    command.latency?.venue,
    typeof command.clear === "object" ? command.clear.venue : undefined,
    ...Object.keys(command.planted?.per8h ?? {}),
    ...(command.planted?.absent ?? []),
    ...(command.planted?.delisting ?? []),
  ];
  for (const name of venueNames) if (name !== undefined) one("venue", name, venueIds);
  const endpoints = venues.find((venue) => venue.id === command.fault?.venue)?.endpoints.map((endpoint) => endpoint.name) ?? [];
  if (command.fault?.endpoint !== undefined) one("endpoint", command.fault.endpoint, endpoints);
  const hosts = venues.find((venue) => venue.id === command.fault?.venue)?.hosts ?? [];
  if (command.fault?.host !== undefined) one("host", command.fault.host, hosts);
  for (const asset of [command.planted?.asset, command.flap?.asset]) if (asset !== undefined) one("coin", asset, [...coins]);
  const rowFault = command.fault !== undefined && ROW_FAULTS.some((kind) => kind === command.fault?.kind);
  if (recorded && (rowFault || command.planted !== undefined || command.flap !== undefined)) {
    throw new RangeError("recorded bodies are served as they were sent: expected a fault of the answer, found one of the rows");
  }
}
