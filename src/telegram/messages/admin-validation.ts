import type { Finding, ValidationRun } from "../../storage/validation-runs.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { bold, button, lines, marketBanner, message, rows, safe } from "./parts.ts";

const MOST_FINDINGS = 8;

/** How far a validation of stored rows is, what it found, and how to go on. `notice` stands above. */
export function renderValidation(
  { run, findings, notice }: { readonly run: ValidationRun; readonly findings: readonly Finding[]; readonly notice: string | null },
  context: AdminContext,
): Message {
  const { text, language } = context;
  const { admin, general } = text;
  const count = (value: number): string => format.count(value, language);
  const id = safe(run.id);
  const isDry = run.dryRunId === null;
  const mayRemove = isDry && run.state === "done" && run.rowsFound > 0;
  return message(
    lines(
      marketBanner(context.market, language),
      notice,
      bold(isDry ? admin.validationDry(id) : admin.validationReal(id, safe(run.dryRunId ?? ""))),
      run.state === "running" ? admin.validationRuns : admin.validationDone,
      admin.validationCounts(count(run.rowsChecked), count(run.rowsFound), count(run.rowsRemoved)),
      ...findings.slice(0, MOST_FINDINGS).map(({ rowKey, rule, message }) => `${safe(rowKey, 80)}: ${safe(rule)}, ${safe(message, 160)}`),
      mayRemove && admin.validationHow(id),
    ),
    rows([button(general.reload, `admin:validate:${run.id}`), button(general.back, "admin:home")]),
  );
}
