import { claimOperator, mayTryClaim, nameOperator } from "../../storage/operators.ts";
import type { Answer, Ask } from "../command.ts";
import { message } from "../messages/parts.ts";
import { isSecret } from "../secret.ts";
import { actorOf } from "./admin-context.ts";

/**
 * Makes whoever knows the secret the first operator. A wrong secret, a try too many, a deployment without a secret and one
 * that has its operators already all get the sentence that every other person gets. The message with the secret is deleted.
 */
export async function claim(ask: Ask, secret: string): Promise<Answer> {
  const { services, nowMs, from, text } = ask;
  const act = (): { telegramId: number; nowMs: number; auditId: string } => ({
    telegramId: from.telegramId,
    nowMs,
    auditId: services.random(),
  });
  const allowed = await mayTryClaim(services.db, act());
  const known = allowed && services.operatorSecret !== null && (await isSecret(secret, services.operatorSecret));
  const claimed = known && (await claimOperator(services.db, act()));
  return { kind: "message", message: message(claimed ? text.admin.claimed : text.general.operatorsOnly), edit: false, deleteAsk: true };
}

/** Names another operator, or takes the role back from one. Nobody takes it from themselves, so that one always remains. */
export async function nameOther(ask: Ask, [id = "", off]: readonly string[]): Promise<Answer> {
  const { services, nowMs, from, text } = ask;
  const telegramId = /^[1-9]\d{0,15}$/u.test(id) ? Number(id) : null;
  const how: Answer = { kind: "message", message: message(text.admin.operatorHow), edit: false };
  if (telegramId === null || telegramId === from.telegramId || (off !== undefined && off !== "off")) return how;
  const role = off === "off" ? "person" : "operator";
  const action = role === "operator" ? "operator.name" : "operator.remove";
  const audit = { id: services.random(), atMs: nowMs, actor: actorOf(ask), action, target: `person:${id}`, detail: null };
  if (!(await nameOperator(services.db, { telegramId, role, audit }))) return how;
  const done = role === "operator" ? text.admin.operatorAdded(id) : text.admin.operatorRemoved(id);
  return { kind: "message", message: message(done), edit: false };
}
