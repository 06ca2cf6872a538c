import { type Api, GrammyError } from "grammy";
import type { SendDelivery, SendOutcome } from "../domain/delivery.ts";
import type { Logger } from "../monitoring/log.ts";
import type { Message } from "./message.ts";
import { renderDelivery } from "./messages/alert.ts";
import { looks } from "./send-answer.ts";

/** 400s that say the chat itself is gone. */
const CHAT_GONE = /chat not found|user is deactivated|bot was kicked|PEER_ID_INVALID/iu;
/** Where Telegram asks to wait and does not say how long. */
const DEFAULT_PAUSE_MS = 1_000;

/** Sends deliveries through Telegram, each in one attempt: what to do after a failure is the caller's. */
export function createSender(ports: {
  readonly api: Api;
  readonly now: () => number;
  /** The market that is watched: `live`, or what is played instead. */
  readonly market: string;
  readonly log: Logger;
}): SendDelivery {
  const { api, now, market, log } = ports;
  return async (delivery, { person, repeated }) => {
    const rendered = render(() => renderDelivery(delivery, { person, repeated, nowMs: now(), market }));
    if (!("message" in rendered)) {
      log.error("delivery.not-rendered", { eventId: delivery.eventId, kind: delivery.kind, error: rendered.error });
      return { kind: "refused", message: "the message could not be rendered" };
    }
    const { message } = rendered;
    try {
      await api.sendMessage(person.chatId, message.text, { ...looks(message), disable_notification: delivery.silent });
      return { kind: "sent" };
    } catch (error) {
      return outcomeOf(error);
    }
  };
}

/** A message that cannot be rendered is a bug, and must cost no other message of the batch. */
function render(work: () => Message): { readonly message: Message } | { readonly error: unknown } {
  try {
    return { message: work() };
  } catch (error) {
    return { error };
  }
}

/** What a failed call says of the message: whether it may have arrived, and whether another attempt could help. */
export function outcomeOf(error: unknown): Exclude<SendOutcome, { readonly kind: "sent" }> {
  // Timeouts and broken connections: the library has no answer to tell of.
  if (!(error instanceof GrammyError)) return { kind: "no-answer", message: error instanceof Error ? error.message : String(error) };
  const { error_code: code, description, parameters } = error;
  const message = `${code}: ${description}`;
  if (code === 429) return { kind: "rate-limited", retryAfterMs: (parameters.retry_after ?? 0) * 1_000 || DEFAULT_PAUSE_MS };
  if (code === 403 || CHAT_GONE.test(description)) return { kind: "blocked", message };
  // 401 and 404 are about our token and not about this message: another deployment of the secret cures them.
  return code >= 500 || code === 401 || code === 404 ? { kind: "failed", message } : { kind: "refused", message };
}
