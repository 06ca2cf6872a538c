import type { Update } from "grammy/types";
import { err, ok, type Result } from "../domain/result.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { Logger } from "../monitoring/log.ts";
import type { CarrywatchBot } from "./bot.ts";
import type { UpdateReport } from "./bot-ports.ts";
import type { Claims } from "./claims.ts";
import { isSecret } from "./secret.ts";
import type { Defer } from "./session.ts";
import { parseUpdate } from "./update.ts";

/** Where Telegram sends updates, and the header in which it proves that it is Telegram. */
export const WEBHOOK_PATH = "/telegram/webhook";
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** Updates are a few kilobytes. */
const MOST_BODY_BYTES = 1_000_000;
/** After so long Telegram is answered while the work goes on: it gives up on an answer after about a minute and sends again. */
const ANSWER_LIMIT_MS = 9 * SECOND_MS;

/** How a request that is answered goes on. */
export type WaitUntil = (work: Promise<unknown>) => void;

export type WebhookPorts = {
  readonly secret: string;
  readonly bot: CarrywatchBot;
  readonly claims: Claims;
  readonly log: Logger;
  readonly now: () => number;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** How often this isolate's services were built and found built. */
  readonly container: () => Readonly<Record<string, unknown>>;
};

/** Answers a call of the webhook. Whoever knows the secret always gets 200: anything else would be sent again for a day. */
export type Webhook = (request: Request, waitUntil: WaitUntil) => Promise<Response>;

/** The webhook of one isolate. It counts what it drops. */
export function createWebhook(ports: WebhookPorts): Webhook {
  const { log } = ports;
  const dropped = { malformed: 0, repeated: 0 };
  return async (request, waitUntil) => {
    if (!(await isSecret(request.headers.get(SECRET_HEADER) ?? "", ports.secret))) return new Response(null, { status: 401 });
    const read = await readUpdate(request);
    if (!read.ok) {
      log.warn("telegram.malformed", { problem: read.error, count: ++dropped.malformed, container: ports.container() });
      return new Response(null, { status: 200 });
    }
    const update = read.value;
    if (update.message === undefined && update.callback_query === undefined && update.my_chat_member === undefined) {
      log.info("telegram.not-asked-for", { updateId: update.update_id, container: ports.container() });
      return new Response(null, { status: 200 });
    }
    const { defer, start } = deferred(log, waitUntil);
    const work = takeAndAnswer(ports, update, defer).then((report) => {
      if (report === "repeated") dropped.repeated++;
      const fields = report === "repeated" ? { outcome: "repeated", count: dropped.repeated } : report;
      log.info("telegram.update", { updateId: update.update_id, ...fields, container: ports.container() });
    });
    const answered = work.finally(start);
    waitUntil(answered);
    await withinLimit(ports, answered, update);
    return new Response(null, { status: 200 });
  };
}

/** Claims an update and has it answered. Without D1 nothing can be claimed: then only that is said. */
async function takeAndAnswer(ports: WebhookPorts, update: Update, defer: Defer): Promise<UpdateReport | "repeated"> {
  const { bot, claims, log } = ports;
  const updateId = update.update_id;
  let claim: { readonly claimedAtMs: number } | null;
  try {
    claim = await claims.take(updateId);
  } catch (error) {
    log.error("telegram.claim-failed", { updateId, error });
    await bot.apologise(update).catch((failure: unknown) => log.warn("telegram.apology-not-sent", { updateId, error: failure }));
    return { kind: "other", command: null, session: null, outcome: "failed" };
  }
  if (claim === null) return "repeated";
  const report = await bot.handle(update, defer);
  claims.done(updateId, claim.claimedAtMs, defer);
  return report;
}

/** Waits for an answer, but not longer than Telegram would. */
async function withinLimit({ wait, log }: WebhookPorts, answered: Promise<void>, update: Update): Promise<void> {
  const over = new AbortController();
  const limit = wait(ANSWER_LIMIT_MS, over.signal).then(() => {
    if (!over.signal.aborted) log.error("telegram.slow", { updateId: update.update_id, limitMs: ANSWER_LIMIT_MS });
  });
  await Promise.race([answered, limit]);
  over.abort();
}

/** Work for after the answer: it is held back until `start`, then the request is kept alive for it. */
function deferred(log: Logger, waitUntil: WaitUntil): { readonly defer: Defer; readonly start: () => void } {
  let held: (() => void)[] | null = [];
  return {
    defer: (what, work) => {
      const begin = (): void => waitUntil(work().catch((error: unknown) => log.error("telegram.deferred-failed", { what, error })));
      if (held === null) begin();
      else held.push(begin);
    },
    start: () => {
      const waiting = held ?? [];
      held = null;
      for (const begin of waiting) begin();
    },
  };
}

/** The update in a request's body, read no further than a megabyte. */
async function readUpdate(request: Request): Promise<Result<Update, string>> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > MOST_BODY_BYTES) return err(`body: expected at most ${MOST_BODY_BYTES} bytes, found ${declared}`);
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder();
  const body: ReadableStream<Uint8Array> | null = request.body;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MOST_BODY_BYTES) return err(`body: expected at most ${MOST_BODY_BYTES} bytes, found more`);
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    return err(`body: broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
  const update = parseUpdate(text + decoder.decode());
  return update.ok ? ok(update.value) : update;
}
