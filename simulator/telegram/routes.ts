import { Hono, type Context } from "hono";
import { z } from "zod";
import { telegramCommandSchema } from "./switches.ts";
import type { Telegram, UpdateOutcome } from "./telegram.ts";
import { transcript } from "./transcript.ts";

/** Who talks when a request names nobody. */
const ANYBODY = 4_242;

const person = z.int().positive().default(ANYBODY);
const sending = { group: z.int().negative().optional(), copies: z.int().positive().max(1_000).optional(), atOnce: z.boolean().optional() };
const saySchema = z.strictObject({
  person,
  text: z.string().min(1),
  firstName: z.string().optional(),
  username: z.string().optional(),
  language: z.string().optional(),
  ...sending,
});
/** A button by its message and data, or the newest one with that text. */
const pressSchema = z.union([
  z.strictObject({ person, message: z.int().positive(), data: z.string(), ...sending }),
  z.strictObject({ person, button: z.string().min(1), ...sending }),
]);
const personSchema = z.strictObject({ person });

/** The switches and people of Telegram over HTTP. With `?plain` an answer is text to read. */
export function telegramRoutes(telegram: Telegram): Hono {
  const app = new Hono();
  app.post(
    "/",
    async (context) =>
      await withBody(context, telegramCommandSchema, async (command) => {
        telegram.control(command);
        return context.json(telegram.state());
      }),
  );
  app.post(
    "/say",
    async (context) =>
      await withBody(context, saySchema, async ({ person: id, text, ...options }) =>
        outcome(context, await telegram.say(id, text, options)),
      ),
  );
  app.post(
    "/press",
    async (context) =>
      await withBody(context, pressSchema, async ({ person: id, ...what }) => {
        const { message, ...pressed } = "button" in what ? { ...what, ...newestButton(telegram, what.group ?? id, what.button) } : what;
        return outcome(context, await telegram.press(id, message, pressed));
      }),
  );
  app.post(
    "/block",
    async (context) => await withBody(context, personSchema, async ({ person: id }) => outcome(context, await telegram.block(id))),
  );
  app.post(
    "/unblock",
    async (context) => await withBody(context, personSchema, async ({ person: id }) => outcome(context, await telegram.unblock(id))),
  );
  addReadings(app, telegram);
  return app;
}

function newestButton(telegram: Telegram, chatId: number, label: string): { readonly message: number; readonly data: string } {
  for (const message of telegram.messages(chatId).toReversed()) {
    const button = message.reply_markup?.inline_keyboard.flat().find(({ text }) => text === label);
    if (button !== undefined && "callback_data" in button) return { message: message.message_id, data: button.callback_data };
  }
  throw new RangeError(`expected a button of the chat, found none that says ${label}`);
}

function addReadings(app: Hono, telegram: Telegram): void {
  app.get("/state", (context) => context.json(telegram.state()));
  app.get("/calls", (context) => {
    const { calls, ...counts } = telegram.calls();
    const [chat, method] = [context.req.query("chat"), context.req.query("method")];
    const wanted = calls.filter(
      (call) => (chat === undefined || String(call.chatId) === chat) && (method === undefined || call.method === method),
    );
    return context.json({ ...counts, calls: wanted });
  });
  app.delete("/calls", (context) => {
    telegram.resetCalls();
    return context.body(null, 204);
  });
  app.get("/messages", (context) => {
    const messages = telegram.messages(Number(context.req.query("chat") ?? ANYBODY));
    return context.req.query("plain") === undefined ? context.json(messages) : context.text(transcript(messages));
  });
}

function outcome(context: Context, found: UpdateOutcome): Response {
  if (context.req.query("plain") === undefined) return context.json(found);
  const note = found.toast === null ? "" : `(${found.toast})\n`;
  if (found.answers.length > 0) return context.text(note + transcript(found.answers));
  const last = found.attempts.at(-1);
  const why = last === undefined ? "no webhook took the update" : `the webhook answered ${last.status ?? last.error}`;
  return context.text(`${note}The bot sent nothing new: ${why}.\n`);
}

/** Reads the body by its schema; what is wrong with it, or with what it names, is answered 400 in words. */
async function withBody<T extends z.ZodType>(context: Context, schema: T, act: (body: z.infer<T>) => Promise<Response>): Promise<Response> {
  const parsed = schema.safeParse(await context.req.json().catch(() => null));
  if (!parsed.success) {
    const error = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
    return context.json({ error }, 400);
  }
  try {
    return await act(parsed.data);
  } catch (error) {
    if (error instanceof RangeError) return context.json({ error: error.message }, 400);
    throw error;
  }
}
