import { listFindings, loadRun, startValidation } from "../../storage/validation-runs.ts";
import type { Answer, Ask } from "../command.ts";
import { renderValidation } from "../messages/admin-validation.ts";
import { message } from "../messages/parts.ts";
import { actorOf, contextOf } from "./admin-context.ts";

/** Findings of a message. */
const FEW = 8;

/** `/admin validate`: a dry run; `/admin validate run ID`: takes out what it found; `/admin validate ID`: how far it is. */
export async function validate(ask: Ask, typed: readonly string[]): Promise<Answer> {
  const [first, second] = typed;
  if (first === undefined) return start(ask, null);
  if (first === "run" && second !== undefined) return start(ask, second);
  return showValidation(ask, first, { edit: false });
}

/** A run with the first of its findings. */
export async function showValidation(
  ask: Ask,
  id: string,
  { edit, notice = null }: { readonly edit: boolean; readonly notice?: string | null },
): Promise<Answer> {
  const { db } = ask.services;
  const run = await loadRun(db, id);
  if (run === null) return { kind: "message", message: message(ask.text.admin.validationUnknown), edit: false };
  const findings = await listFindings(db, run.dryRunId ?? run.id, { after: "", limit: FEW });
  return { kind: "message", message: renderValidation({ run, findings, notice }, contextOf(ask)), edit };
}

async function start(ask: Ask, dryRunId: string | null): Promise<Answer> {
  const { services, nowMs, text } = ask;
  const audit = {
    id: services.random(),
    atMs: nowMs,
    actor: actorOf(ask),
    action: dryRunId === null ? "rows.validate" : "rows.remove",
    target: services.random().slice(0, 8),
    detail: dryRunId === null ? null : { of: dryRunId },
  };
  const started = await startValidation(services.db, { dryRunId, audit });
  if (!started.ok) {
    const refusal = started.error === "no-such-dry-run" ? text.admin.validationUnknown : text.admin.validationBusy;
    return { kind: "message", message: message(refusal), edit: false };
  }
  const { run, first } = started.value;
  return showValidation(ask, run.id, { edit: false, notice: first ? text.admin.validationStarted : null });
}
