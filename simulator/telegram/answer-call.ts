import { setTimeout as wait } from "node:timers/promises";
import type { ApiError, ApiResponse, UserFromGetMe } from "grammy/types";
import { z } from "zod";
import type { Result } from "../../src/domain/result.ts";
import type { Chats } from "./chats.ts";
import { CHAT_METHODS, refusal } from "./methods.ts";
import type { Pace } from "./pace.ts";
import { readParams, whole, type Params } from "./params.ts";
import { SETTING_METHODS, type Settings } from "./settings.ts";
import type { TelegramFault, TelegramSwitches } from "./switches.ts";
import type { OpenTelegramCall, TelegramCallLog } from "./telegram-calls.ts";

/** Everything that the answer to a call depends on. */
export type TelegramWorld = {
  readonly bot: UserFromGetMe;
  readonly chats: Chats;
  readonly settings: Settings;
  readonly switches: TelegramSwitches;
  readonly pace: Pace;
  readonly log: TelegramCallLog;
  /** Ids of presses, each of which may be answered. */
  readonly openQueries: Set<string>;
  /** The one token that is right; `null`: each of the right form. */
  token: string | null;
  readonly nowMs: () => number;
  readonly closing: AbortSignal;
  readonly webhookSet: (dropPending: boolean) => void;
};

const TOKEN = /^\d{1,20}:[\w-]{20,100}$/u;
const BAD_GATEWAY =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
const SETTINGS: Readonly<Record<string, (world: TelegramWorld, params: Params) => Result<unknown, ApiError>>> = Object.fromEntries(
  Object.entries(SETTING_METHODS).map(([name, method]) => [name.toLowerCase(), method]),
);
const CHATS: Readonly<Record<string, (world: TelegramWorld, params: Params) => Result<unknown, ApiError>>> = Object.fromEntries(
  Object.entries(CHAT_METHODS).map(([name, method]) => [
    name.toLowerCase(),
    (world: TelegramWorld, params: Params) => method({ ...world, nowMs: world.nowMs() }, params),
  ]),
);
const NAMES = new Map([...Object.keys(SETTING_METHODS), ...Object.keys(CHAT_METHODS)].map((name) => [name.toLowerCase(), name]));

/** Answers `/bot<token>/<method>` as the Bot API does. Rejects when the caller goes away first. */
export async function answerCall(world: TelegramWorld, request: Request): Promise<Response> {
  const [, token = "", asked = ""] = /^\/bot([^/]*)\/(?:test\/)?([^/]*)$/u.exec(new URL(request.url).pathname) ?? [];
  if (!TOKEN.test(token)) return Response.json(refusal(404, "Not Found"), { status: 404 });
  if (world.token !== null && token !== world.token) return Response.json(refusal(401, "Unauthorized"), { status: 401 });
  const params = await readParams(request);
  const chatId = whole.safeParse(params?.["chat_id"]);
  const method = NAMES.get(asked.toLowerCase()) ?? asked;
  const call = world.log.begin({ method, chatId: chatId.success ? chatId.data : null, params: params ?? {}, atMs: world.nowMs() });
  const signal = AbortSignal.any([request.signal, world.closing]);
  try {
    if (params === null) return respond(call, refusal(400, "Bad Request: can't parse the parameters of the request"));
    return await serve(world, call, signal);
  } catch (error) {
    if (world.closing.aborted) return Response.json({ error: "the simulator was closed" }, { status: 503 });
    throw error;
  } finally {
    world.log.end(call);
  }
}

async function serve(world: TelegramWorld, call: OpenTelegramCall, signal: AbortSignal): Promise<Response> {
  const fault = world.switches.takeFault(call);
  call.fault = fault?.kind ?? null;
  if (fault?.kind === "slow") await wait(fault.ms ?? 1_000, undefined, { signal });
  if (fault?.kind === "silent-before") await untilGone(signal);
  const spoiled = fault === null ? null : spoiledAnswer(fault);
  if (spoiled?.kind === "html") {
    call.status = 502;
    return new Response(BAD_GATEWAY, { status: 502, headers: { "content-type": "text/html" } });
  }
  if (spoiled?.kind === "refusal") return respond(call, spoiled.error);
  const answer = run(world, call);
  if (fault?.kind === "silent-after") await untilGone(signal);
  return respond(call, answer);
}

/** What is answered instead of doing anything; `null` for faults that only delay or hide the answer. */
function spoiledAnswer(fault: TelegramFault): { readonly kind: "html" } | { readonly kind: "refusal"; readonly error: ApiError } | null {
  switch (fault.kind) {
    case "rate-429":
      return { kind: "refusal", error: tooMany(fault.retryAfterSeconds ?? 1) };
    case "blocked-403":
      return { kind: "refusal", error: refusal(403, "Forbidden: bot was blocked by the user") };
    case "bad-400":
      return { kind: "refusal", error: refusal(400, "Bad Request: the simulator was told to refuse this") };
    case "server-500":
      return { kind: "refusal", error: refusal(500, "Internal Server Error") };
    case "html-502":
      return { kind: "html" };
    case "silent-before":
    case "silent-after":
    case "slow":
      return null;
  }
}

const tooMany = (seconds: number): ApiError => ({
  ...refusal(429, `Too Many Requests: retry after ${seconds}`),
  parameters: { retry_after: seconds },
});

/** Lets the method act, within the limits on sending. */
function run(world: TelegramWorld, call: OpenTelegramCall): ApiResponse<unknown> {
  const name = call.method.toLowerCase();
  const method = SETTINGS[name] ?? CHATS[name];
  if (method === undefined) return refusal(404, "Not Found: method not found");
  const send =
    name === "sendmessage" || name === "senddocument"
      ? { chatId: call.chatId ?? 0, group: (call.chatId ?? 0) < 0, nowMs: call.atMs }
      : null;
  const limits = world.switches.limits();
  const waitSeconds = send === null || limits === null ? null : world.pace.retryAfter(send, limits);
  if (waitSeconds !== null) {
    call.fault = "limit";
    return tooMany(waitSeconds);
  }
  const done = method(world, call.params);
  if (!done.ok) return done.error;
  call.accepted = true;
  call.messageId = messageIdOf(done.value) ?? whole.safeParse(call.params["message_id"]).data ?? null;
  if (send !== null) world.pace.count(send);
  return { ok: true, result: done.value };
}

const messageIdOf = (result: unknown): number | null => {
  const message = z.looseObject({ message_id: z.int() }).safeParse(result);
  return message.success ? message.data.message_id : null;
};

function respond(call: OpenTelegramCall, answer: ApiResponse<unknown>): Response {
  call.answer = answer;
  call.status = answer.ok ? 200 : answer.error_code;
  return Response.json(answer, { status: call.status });
}

/** Ends only by the caller going away or the simulator closing. */
const untilGone = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });

/** Whether a path is a call of the Bot API. A host, which the gateway takes in the same place, has a dot. */
export const isBotPath = (pathname: string): boolean => /^\/bot[^/.]*\//u.test(pathname);
