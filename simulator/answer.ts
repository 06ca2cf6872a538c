import { setTimeout as wait } from "node:timers/promises";
import { answerAccount, proofNames } from "./accounts/account.ts";
import { accountAt } from "./accounts/registry.ts";
import type { CallLog, OpenCall } from "./calls.ts";
import type { Controls } from "./controls.ts";
import { distortionOf, refusalOf, spoilBody, spoilRows, type Fault } from "./faults.ts";
import type { Market } from "./market.ts";
import type { Recording } from "./recorded.ts";
import { rowsOf, type View } from "./rows.ts";
import { SIMULATED_VENUES } from "./venues/registry.ts";
import type { SimulatedEndpoint, SimulatedVenue, VenueReply } from "./venues/venue.ts";

/** Everything that an answer depends on. */
export type World = {
  readonly seed: number;
  readonly market: Market;
  readonly recording: Recording | null;
  readonly controls: Controls;
  readonly log: CallLog;
  readonly closing: AbortController;
};

/** The markets that have the host; those of one venue may share it. */
const marketsOn = (host: string): readonly SimulatedVenue[] => SIMULATED_VENUES.filter((venue) => venue.hosts.includes(host));

/** Whether a venue has the host. */
export const isVenueHost = (host: string): boolean => marketsOn(host).length > 0;

/**
 * Answers one request to a venue, in gateway form `/HOST/PATH?query`. Rejects with the reason of the request's signal
 * when the caller went away first.
 */
export async function answer(world: World, request: Request, target: string): Promise<Response> {
  const { pathname, search, searchParams } = new URL(target, "http://gateway");
  const [, host = "", ...rest] = pathname.split("/");
  const path = `/${rest.join("/")}`;
  const markets = marketsOn(host);
  const payload: unknown = request.method === "POST" ? await request.json().catch(() => null) : null;
  const asked = markets
    .flatMap((venue) => venue.endpoints.map((endpoint) => ({ venue, endpoint })))
    .flatMap((one) => {
      const query = one.endpoint.method === request.method ? queryFor(one.endpoint.path, path, searchParams) : null;
      return query !== null && one.endpoint.asks(query, payload) ? [{ ...one, query }] : [];
    })[0];
  const venue = asked?.venue ?? markets[0];
  const endpoint = asked?.endpoint ?? null;
  const call = world.log.begin({
    venue: venue?.id ?? null,
    endpoint: endpoint?.name ?? null,
    method: request.method,
    host,
    path,
    query: search,
    userAgent: request.headers.get("user-agent"),
    proof: proofNames(request.headers, searchParams),
    atMs: world.controls.nowMs(),
    arrivedAtMs: Date.now(),
  });
  try {
    const signal = AbortSignal.any([request.signal, world.closing.signal]);
    const { headers } = request;
    const response = await reply(world, call, {
      venue,
      endpoint,
      host,
      path,
      search,
      headers,
      query: asked?.query ?? searchParams,
      payload,
      signal,
    });
    // By the simulated clock, as every other time of a venue.
    response.headers.set("date", new Date(world.controls.nowMs()).toUTCString());
    return response;
  } catch (error) {
    call.ended();
    if (world.closing.signal.aborted) return Response.json({ error: "the simulator was closed" }, { status: 503 });
    throw error;
  }
}

/**
 * The query of a request to an endpoint, or null where its path is another. What stands in the place of `:symbol` at the end
 * of a path is part of it.
 */
function queryFor(endpointPath: string, path: string, query: URLSearchParams): URLSearchParams | null {
  if (!endpointPath.endsWith(SYMBOL)) return endpointPath === path ? query : null;
  const start = endpointPath.slice(0, -SYMBOL.length);
  const symbol = path.slice(start.length);
  return path.startsWith(start) && /^[^/]+$/u.test(symbol) ? new URLSearchParams([...query, ["symbol", decodeURIComponent(symbol)]]) : null;
}

const SYMBOL = ":symbol";

type Asked = {
  readonly venue: SimulatedVenue | undefined;
  readonly endpoint: SimulatedEndpoint | null;
  readonly host: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Headers;
  readonly query: URLSearchParams;
  readonly payload: unknown;
  readonly signal: AbortSignal;
};

async function reply(world: World, call: OpenCall, asked: Asked): Promise<Response> {
  const { venue, endpoint, signal } = asked;
  const { controls, recording } = world;
  if (venue === undefined) return finished(call, { response: unknownHost(asked.host), fault: null });
  const fault = controls.takeFault({ venue: venue.id, endpoint: endpoint?.name ?? null, host: asked.host });
  const latencyMs = controls.latencyMs(venue.id);
  if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
  if (fault?.kind === "hang") await never(signal);
  const nowMs = controls.nowMs();
  const refusal = fault === null ? null : refusalOf(fault, venue, nowMs);
  if (refusal !== null) return finished(call, { response: sent(refusal, fault), fault });
  if (recording !== null) {
    const body = endpoint === null ? undefined : recording.bodies.get(`${venue.id} ${endpoint.name}`);
    if (body === undefined) return finished(call, { response: Response.json({ error: "not recorded" }, { status: 404 }), fault });
    return deliver(call, { bytes: body.bytes, fault, signal });
  }
  const account = accountAt(asked.host, asked.path);
  if (account !== null)
    return finished(call, { response: sent(answerAccount(account, { ...asked, nowMs }, controls.account(account.venue)), null), fault });
  if (endpoint === null) return finished(call, { response: sent(venue.unknownRequest(asked.path, nowMs), null), fault });
  const bytes = render(world, { venue, endpoint, query: asked.query, payload: asked.payload, fault });
  return deliver(call, { bytes, fault, signal });
}

function render(
  world: World,
  {
    venue,
    endpoint,
    query,
    payload,
    fault,
  }: {
    readonly venue: SimulatedVenue;
    readonly endpoint: SimulatedEndpoint;
    readonly query: URLSearchParams;
    readonly payload: unknown;
    readonly fault: Fault | null;
  },
): Uint8Array {
  const { market, controls } = world;
  const distortion = fault === null ? null : distortionOf(fault, controls.nowMs());
  const nowMs = distortion?.nowMs ?? controls.nowMs();
  const priceAtMs = Math.min(distortion?.frozenAtMs ?? nowMs, controls.priceAtMs());
  const view: View = { market, nowMs, priceAtMs, overrides: controls.overrides(venue.id), distortion: distortion?.rows ?? null };
  const wire = endpoint.render({ rows: rowsOf(view, venue), nowMs, time: distortion?.time ?? ((epochMs) => epochMs), query, payload });
  if (fault !== null) spoilRows(fault, wire, endpoint.vital);
  if (endpoint === venue.endpoints[0]) controls.served(venue.id);
  return Buffer.from(JSON.stringify(wire.body));
}

function deliver(
  call: OpenCall,
  { bytes, fault, signal }: { readonly bytes: Uint8Array; readonly fault: Fault | null; readonly signal: AbortSignal },
): Response {
  call.answered(200, fault?.kind ?? null);
  if (fault !== null) return spoilBody(fault, bytes, { closing: signal, ended: call.ended });
  call.ended();
  return new Response(Buffer.from(bytes), { headers: { "content-type": "application/json" } });
}

function finished(call: OpenCall, { response, fault }: { readonly response: Response; readonly fault: Fault | null }): Response {
  call.answered(response.status, fault?.kind ?? null);
  call.ended();
  return response;
}

function sent(reply: VenueReply, fault: Fault | null): Response {
  const retryAfter = fault?.options.retryAfterSeconds;
  const headers = { "content-type": reply.contentType, ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }) };
  return new Response(reply.body, { status: reply.status, headers });
}

const unknownHost = (host: string): Response =>
  Response.json(
    { error: `no simulated venue has the host ${host}`, hosts: SIMULATED_VENUES.flatMap((venue) => venue.hosts) },
    { status: 404 },
  );

/** Ends only by the caller going away or the simulator closing. */
const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
