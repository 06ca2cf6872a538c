import { setTimeout as wait } from "node:timers/promises";
import type { Update } from "grammy/types";
import type { Settings, Webhook } from "./settings.ts";

/** One POST of an update. `status`: `null` when no answer came. */
export type Attempt = { readonly status: number | null; readonly error: string | null };

export type SendOptions = {
  /** How often the same update is sent although it was taken; default 1. */
  readonly copies?: number | undefined;
  /** The copies go out together, and do not wait for what the chat sent before. */
  readonly atOnce?: boolean | undefined;
};

/** Carries updates to the webhook, those of one chat in their order. */
export type Updates = {
  /** What became of it: empty while there is no webhook, or where the webhook does not want this kind. */
  readonly send: (update: Update, options: SendOptions & { readonly chatId: number }) => Promise<readonly Attempt[]>;
  /** Sends what waited for a webhook, or forgets it. */
  readonly webhookSet: (dropPending: boolean) => void;
  readonly setResend: (resend: Resend) => void;
  /** How the webhook is reached; default the network. */
  readonly setFetch: (fetch: WebhookFetch) => void;
};

export type WebhookFetch = (url: string, init: RequestInit) => Promise<Response>;
export type Resend = { readonly times: number; readonly afterMs: number };

type Carrier = {
  readonly settings: Settings;
  readonly nowMs: () => number;
  readonly closing: AbortSignal;
  resend: Resend;
  fetch: WebhookFetch;
};
type Waiting = { readonly update: Update; readonly chatId: number };

/** As long as Telegram waits for a webhook. */
const ANSWER_LIMIT_MS = 60_000;
/** Telegram tries for up to a day; here it ends soon. */
const DEFAULT_RESEND: Resend = { times: 3, afterMs: 100 };

/** No update sent yet. */
export function createUpdates(world: Pick<Carrier, "settings" | "nowMs" | "closing">): Updates {
  const carrier: Carrier = { ...world, resend: DEFAULT_RESEND, fetch: async (url, init) => await globalThis.fetch(url, init) };
  const lastOf = new Map<number, Promise<unknown>>();
  let waiting: readonly Waiting[] = [];
  const send: Updates["send"] = async (update, { chatId, copies = 1, atOnce = false }) => {
    const webhook = world.settings.webhook;
    if (webhook === null) {
      waiting = [...waiting, { update, chatId }];
      world.settings.pending = waiting.length;
      return [];
    }
    if (webhook.allowed !== null && !webhook.allowed.some((kind) => kind in update)) return [];
    if (atOnce) return (await Promise.all(Array.from({ length: copies }, () => carry(carrier, webhook, update)))).flat();
    const inOrder = async (): Promise<readonly Attempt[]> => {
      const attempts: Attempt[] = [];
      for (let copy = 0; copy < copies; copy += 1) attempts.push(...(await carry(carrier, webhook, update)));
      return attempts;
    };
    const sent = (lastOf.get(chatId) ?? Promise.resolve()).then(inOrder);
    lastOf.set(chatId, sent);
    const attempts = await sent;
    if (lastOf.get(chatId) === sent) lastOf.delete(chatId);
    return attempts;
  };
  return {
    send,
    webhookSet: (dropPending) => {
      const due = dropPending ? [] : waiting;
      if (world.settings.webhook === null && !dropPending) return;
      waiting = [];
      world.settings.pending = 0;
      for (const { update, chatId } of due) void send(update, { chatId });
    },
    setResend: (resend) => void (carrier.resend = resend),
    setFetch: (fetch) => void (carrier.fetch = fetch),
  };
}

/** Posts an update until it is taken, or until Telegram's patience ends. Never rejects. */
async function carry(carrier: Carrier, webhook: Webhook, update: Update): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (let resent = 0; resent <= carrier.resend.times; resent += 1) {
    if (resent > 0) await wait(carrier.resend.afterMs * 2 ** (resent - 1), undefined, { signal: carrier.closing }).catch(() => undefined);
    if (carrier.closing.aborted) break;
    const attempt = await post(carrier, webhook, update);
    attempts.push(attempt);
    if (isTaken(attempt)) break;
    const { settings } = carrier;
    settings.lastError = { atMs: carrier.nowMs(), message: attempt.error ?? `Wrong response from the webhook: ${attempt.status}` };
  }
  return attempts;
}

export const isTaken = ({ status }: Attempt): boolean => status !== null && status >= 200 && status < 300;

async function post(carrier: Carrier, webhook: Webhook, update: Update): Promise<Attempt> {
  try {
    const response = await carrier.fetch(webhook.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(webhook.secret === null ? {} : { "x-telegram-bot-api-secret-token": webhook.secret }),
      },
      body: JSON.stringify(update),
      redirect: "manual",
      signal: AbortSignal.any([carrier.closing, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });
    await response.arrayBuffer();
    return { status: response.status, error: null };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) };
  }
}
