import { confirmBroadcast, createBroadcast, MOST_BROADCAST_CHARS } from "../../storage/broadcasts.ts";
import type { Answer, Ask } from "../command.ts";
import * as format from "../format.ts";
import { renderBroadcastDraft } from "../messages/admin-broadcast.ts";
import { message } from "../messages/parts.ts";
import { actorOf, contextOf } from "./admin-context.ts";

/** Keeps a text and shows it as people will read it, with how many they are. */
export async function draftBroadcast(ask: Ask, typed: string): Promise<Answer> {
  const { services, nowMs } = ask;
  const context = contextOf(ask);
  if (typed === "" || typed.length > MOST_BROADCAST_CHARS) {
    const most = format.count(MOST_BROADCAST_CHARS, context.language);
    return { kind: "message", message: message(context.text.admin.broadcastEmpty(most)), edit: false };
  }
  const [id, by] = [services.random(), actorOf(ask)];
  const people = await createBroadcast(
    services.db,
    { id, text: typed, createdBy: by, createdAtMs: nowMs },
    { id: services.random(), atMs: nowMs, actor: by, action: "broadcast.draft", target: `broadcast:${id}`, detail: null },
  );
  return { kind: "message", message: renderBroadcastDraft({ id, text: typed, people }, context), edit: false };
}

/** Confirms a draft and sets it going; a second press sets it going again, which sends nothing twice. */
export async function confirmDraft(ask: Ask, id: string): Promise<Answer> {
  const { services, nowMs, text } = ask;
  const audit = {
    id: services.random(),
    atMs: nowMs,
    actor: actorOf(ask),
    action: "broadcast.confirm",
    target: `broadcast:${id}`,
    detail: null,
  };
  const confirmed = await confirmBroadcast(services.db, { id, nowMs, audit });
  if (confirmed === null) return { kind: "message", message: message(text.admin.broadcastUnknown), edit: true };
  await services.startBroadcast(id);
  return { kind: "message", message: message(confirmed.first ? text.admin.broadcastStarted : text.admin.broadcastAgain), edit: true };
}
