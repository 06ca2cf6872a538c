import { Hono } from "hono";
import { answer, isVenueHost, type World } from "./answer.ts";
import { createCallLog, type CallReport } from "./calls.ts";
import { commandSchema, createControls, type ControlCommand, type ControlState } from "./controls.ts";
import { listen, type Address } from "./listen.ts";
import { createMarket } from "./market.ts";
import { loadRecording } from "./recorded.ts";
import { plantedPairs, type PlantedPair } from "./reference.ts";
import { isBotPath } from "./telegram/answer-call.ts";
import { telegramRoutes } from "./telegram/routes.ts";
import { createTelegram, type Telegram } from "./telegram/telegram.ts";
import type { Trap } from "./traps.ts";
import { SIMULATED_VENUES } from "./venues/registry.ts";

export type SimulatorOptions = {
  /** Same seed and clock, same bodies; default 1. */
  readonly seed?: number | undefined;
  /** Opens a loopback port: `true` any free one. Without it requests come through `handle` only. */
  readonly listen?: boolean | Address | undefined;
  /** Clock that stands still at that time. */
  readonly nowMs?: number | undefined;
  /** Clock that runs; default the machine's. */
  readonly clock?: (() => number) | undefined;
  /** Cryptocurrencies in the market; default 600. */
  readonly coins?: number | undefined;
  /** Whether opportunities are planted; default true. */
  readonly planted?: boolean | undefined;
  /** These coins, as these venues list them, and nothing else. */
  readonly only?: readonly Trap[] | undefined;
  /** Whether some of them have a leg that only its order book prices, so that they open later; default true. */
  readonly bookOnly?: boolean | undefined;
  /** Prices and rates stand still; times go on. */
  readonly frozen?: boolean | undefined;
  /** Serves the recorded bodies of this folder, byte for byte, with the clock at the recording. */
  readonly recordedDir?: string | undefined;
  /** Day of the recording, YYYY-MM-DD; default the day with most venues. */
  readonly recordedDate?: string | undefined;
};

export type SimulatorState = ControlState & {
  readonly seed: number;
  readonly venues: readonly { readonly id: string; readonly hosts: readonly string[]; readonly instruments: number }[];
  readonly recorded: { readonly date: string; readonly atMs: number | null; readonly files: readonly string[] } | null;
};

export type Simulator = {
  /** Address of the gateway, without a slash at the end; `null` while not listening. */
  readonly url: string | null;
  /** Answers as over HTTP: `http://any/HOST/PATH`, `https://HOST/PATH` of a venue, or `http://any/control…`. */
  readonly handle: (request: Request) => Promise<Response>;
  readonly nowMs: () => number;
  /** As POST /control. Throws on a command that names what does not exist. */
  readonly control: (command: ControlCommand) => void;
  /** As GET /control/calls. */
  readonly calls: () => CallReport;
  readonly resetCalls: () => void;
  /** The planted pairs that stand at that time, now by default, best first. As GET /control/planted. */
  readonly planted: (nowMs?: number) => readonly PlantedPair[];
  readonly state: () => SimulatorState;
  /** The Bot API on the same address, and the people who talk to the bot. */
  readonly telegram: Telegram;
  /** Ends open answers and the server. */
  readonly close: () => Promise<void>;
};

/** Starts the venues and Telegram on one address. Rejects when the port is taken or the recording cannot be read. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const world = createWorld(options);
  const telegram = createTelegram({ seed: world.seed, nowMs: world.controls.nowMs, closing: world.closing.signal });
  const apply = (command: ControlCommand): void => {
    world.controls.apply(command);
    if (command.reset === true || command.clear === true) telegram.control({ clear: true });
  };
  const app = controlRoutes(world, apply).route("/control/telegram", telegramRoutes(telegram));
  const handle = async (request: Request): Promise<Response> => {
    const { hostname, pathname, search } = new URL(request.url);
    if (isVenueHost(hostname)) return await answer(world, request, `/${hostname}${pathname}${search}`);
    if (isBotPath(pathname)) return await telegram.answer(request);
    if (pathname.split("/")[1] === "control") return await app.fetch(request);
    return await answer(world, request, `${pathname}${search}`);
  };
  const server =
    options.listen === undefined || options.listen === false ? null : await listen(handle, options.listen === true ? {} : options.listen);
  return {
    url: server?.url ?? null,
    handle,
    nowMs: world.controls.nowMs,
    control: (command) => apply(commandSchema.parse(command)),
    calls: world.log.report,
    resetCalls: world.log.reset,
    planted: (nowMs) => plantedNow(world, nowMs),
    state: () => stateOf(world),
    telegram,
    close: async () => {
      world.closing.abort();
      await server?.close();
    },
  };
}

function createWorld(options: SimulatorOptions): World {
  const seed = options.seed ?? 1;
  const { coins, planted, bookOnly, only } = options;
  const market = createMarket({ seed, venues: SIMULATED_VENUES, coins, planted, bookOnly, only });
  const recording =
    options.recordedDir === undefined ? null : loadRecording(options.recordedDir, { date: options.recordedDate, venues: SIMULATED_VENUES });
  const nowMs = options.nowMs ?? recording?.recordedAtMs ?? null;
  if (recording !== null && nowMs === null)
    throw new Error(`no body of ${recording.date} carries a time: say with nowMs when it was recorded`);
  const coinIds = new Set([...market.listings.values()].flatMap((listings) => listings.map((listing) => listing.coin.id)));
  const clock = options.clock ?? Date.now;
  const controls = createControls({
    venues: SIMULATED_VENUES,
    clock,
    nowMs,
    frozen: options.frozen === true,
    recorded: recording !== null,
    coins: coinIds,
  });
  return {
    seed,
    market,
    recording,
    controls,
    log: createCallLog(SIMULATED_VENUES.map((venue) => venue.id)),
    closing: new AbortController(),
  };
}

function controlRoutes(world: World, apply: Simulator["control"]): Hono {
  const app = new Hono();
  app.post("/control", async (context) => {
    const parsed = commandSchema.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success)
      return context.json(
        { error: parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ") },
        400,
      );
    try {
      apply(parsed.data);
    } catch (error) {
      if (error instanceof RangeError) return context.json({ error: error.message }, 400);
      throw error;
    }
    return context.json(stateOf(world));
  });
  app.get("/control/state", (context) => context.json(stateOf(world)));
  app.get("/control/planted", (context) => context.json(plantedNow(world)));
  app.get("/control/calls", (context) => context.json(world.log.report()));
  app.delete("/control/calls", (context) => {
    world.log.reset();
    return context.body(null, 204);
  });
  return app;
}

function stateOf(world: World): SimulatorState {
  const { recording, market, seed, controls } = world;
  return {
    ...controls.state(),
    seed,
    venues: SIMULATED_VENUES.map(({ id, hosts }) => ({ id, hosts, instruments: market.listings.get(id)?.length ?? 0 })),
    recorded:
      recording === null
        ? null
        : { date: recording.date, atMs: recording.recordedAtMs, files: [...recording.bodies.values()].map((body) => body.file) },
  };
}

function plantedNow(world: World, nowMs = world.controls.nowMs()): readonly PlantedPair[] {
  if (world.recording !== null) return [];
  const { controls, market } = world;
  const priceAtMs = controls.state().frozen ? controls.priceAtMs() : nowMs;
  return plantedPairs({ market, nowMs, priceAtMs, overrides: controls.overrides(null), distortion: null }, SIMULATED_VENUES);
}
