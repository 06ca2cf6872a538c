import { z } from "zod";
import { unit } from "../random.ts";

/** How a call may go wrong. The silent ones never answer: before the message was taken, or after. */
export const TELEGRAM_FAULTS = [
  "rate-429",
  "blocked-403",
  "bad-400",
  "server-500",
  "html-502",
  "silent-before",
  "silent-after",
  "slow",
] as const;
export type TelegramFaultKind = (typeof TELEGRAM_FAULTS)[number];

const faultSchema = z.strictObject({
  kind: z.enum(TELEGRAM_FAULTS),
  /** Only calls of this method; without it, all. */
  method: z.string().optional(),
  /** Only calls about this chat. */
  chat: z.int().optional(),
  /** Calls it spoils before it is gone; without it, no end. */
  times: z.int().positive().optional(),
  /** Share of calls it spoils, drawn by seed; without it, each. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  /** rate-429: what is asked for; default 1. */
  retryAfterSeconds: z.int().positive().optional(),
  /** slow: how much later the answer comes; default 1,000. */
  ms: z.number().nonnegative().optional(),
});
export type TelegramFault = z.infer<typeof faultSchema>;

const limitsSchema = z.strictObject({
  perSecond: z.int().positive().default(30),
  perChatAndSecond: z.int().positive().default(1),
  perGroupAndMinute: z.int().positive().default(20),
});
/** Messages that a bot may send, by the simulated clock. */
export type SendLimits = z.infer<typeof limitsSchema>;

/** What POST /control/telegram takes. Parts may be combined; they act in the order in which they stand here. */
export const telegramCommandSchema = z.strictObject({
  /** No chat, message, webhook or fault is left; the call log and the numbers of updates stay. */
  reset: z.literal(true).optional(),
  /** Takes faults and limits away. */
  clear: z.literal(true).optional(),
  /** The one token that is right; `null`: every token of the right form. */
  token: z.string().nullable().optional(),
  /** As setWebhook would set it; `null` takes it away. */
  webhook: z
    .strictObject({ url: z.url(), secret: z.string().nullable().default(null) })
    .nullable()
    .optional(),
  /** How often a refused update is sent again, and the pause before the first time, which doubles. */
  resend: z.strictObject({ times: z.int().nonnegative(), afterMs: z.number().nonnegative() }).optional(),
  /** People who have written to the bot before, without an update. */
  people: z.array(z.int().positive()).optional(),
  fault: faultSchema.optional(),
  /** Telegram's own limits on sending: `true` for the documented ones. */
  limits: z.union([z.boolean(), limitsSchema]).optional(),
});
export type TelegramCommand = z.input<typeof telegramCommandSchema>;

type Standing = { readonly fault: TelegramFault; left: number; readonly drawn: Map<string, number> };
type Asked = { readonly method: string; readonly chatId: number | null };

export type TelegramSwitches = {
  readonly addFault: (fault: TelegramFault) => void;
  readonly setLimits: (limits: boolean | SendLimits) => void;
  readonly clear: () => void;
  /** The fault of a call, counted as used. */
  readonly takeFault: (asked: Asked) => TelegramFault | null;
  readonly limits: () => SendLimits | null;
  readonly faults: () => readonly (TelegramFault & { readonly left: number | null })[];
};

/** No fault and no limit. */
export function createTelegramSwitches(seed: number): TelegramSwitches {
  let standing: Standing[] = [];
  let limits: SendLimits | null = null;
  return {
    addFault: (fault) => void standing.push({ fault, left: fault.times ?? Infinity, drawn: new Map() }),
    setLimits: (wanted) => void (limits = wanted === true ? limitsSchema.parse({}) : wanted === false ? null : wanted),
    clear: () => {
      standing = [];
      limits = null;
    },
    takeFault: (asked) => {
      const hit = standing.find((one) => concerns(one.fault, asked) && drawn(one, asked, seed));
      if (hit === undefined) return null;
      hit.left -= 1;
      if (hit.left <= 0) standing = standing.filter((one) => one !== hit);
      return hit.fault;
    },
    limits: () => limits,
    faults: () => standing.map(({ fault, left }) => ({ ...fault, left: Number.isFinite(left) ? left : null })),
  };
}

function concerns(fault: TelegramFault, { method, chatId }: Asked): boolean {
  const ofMethod = fault.method === undefined || fault.method.toLowerCase() === method.toLowerCase();
  return ofMethod && (fault.chat === undefined || fault.chat === chatId);
}

/** Draws for the n-th call of a method in a chat, so that the order in which chats are served changes nothing. */
function drawn({ fault, drawn: draws }: Standing, { method, chatId }: Asked, seed: number): boolean {
  if (fault.probability === undefined) return true;
  const key = `${method} ${chatId ?? ""}`;
  const n = draws.get(key) ?? 0;
  draws.set(key, n + 1);
  return unit(fault.seed ?? seed, fault.kind, key, n) < fault.probability;
}
