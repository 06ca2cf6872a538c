import * as z from "zod";
import type { Update } from "grammy/types";
import { err, ok, type Result } from "../domain/result.ts";

/** What of an update the bot relies on; everything else passes as Telegram sent it. */
const id = z.int();
const user = z.looseObject({ id: z.int().positive(), language_code: z.string().optional() });
const chat = z.looseObject({ id, type: z.enum(["private", "group", "supergroup", "channel"]) });
const message = z.looseObject({ message_id: id, date: id, chat, from: user.optional(), text: z.string().optional() });
const updateSchema = z.looseObject({
  update_id: id.nonnegative(),
  message: message.optional(),
  callback_query: z
    .looseObject({
      id: z.string().min(1),
      from: user,
      data: z.string().optional(),
      message: z.looseObject({ message_id: id, chat }).optional(),
    })
    .optional(),
  my_chat_member: z.looseObject({ chat, from: user, new_chat_member: z.looseObject({ status: z.string() }) }).optional(),
});

/** The kinds of updates that the bot asks Telegram for. */
export const UPDATE_KINDS = ["message", "callback_query", "my_chat_member"] as const;

/** The body of a webhook call as an update, or one sentence with what was expected and found. */
export function parseUpdate(text: string): Result<Update, string> {
  const parsed = updateSchema.safeParse(parseJson(text));
  if (parsed.success) return ok(asUpdate(parsed.data));
  const { path, message: problem } = parsed.error.issues[0] ?? { path: [], message: "" };
  return err(`${path.join(".") || "body"}: ${problem}`);
}

/** Holds because the schema has checked every field that the bot reads; the library reads no other. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const asUpdate = (checked: z.infer<typeof updateSchema>): Update => checked as unknown as Update;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
