import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { bold, button, lines, message, rows, safeText } from "./parts.ts";

/** A broadcast as people will read it, with the button that sends it. */
export function renderBroadcastDraft(
  draft: { readonly id: string; readonly text: string; readonly people: number },
  context: AdminContext,
): Message {
  const { admin } = context.text;
  const people = format.count(draft.people, context.language);
  return message(
    lines(bold(admin.broadcastPreview(people)), "", safeText(draft.text)),
    rows([button(admin.broadcastSend(people), `admin:send:${draft.id}`)], [button(admin.broadcastCancel, "admin:drop")]),
  );
}
