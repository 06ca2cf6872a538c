import type { Context } from "hono";
import type { SnapshotError, SnapshotRead } from "../storage/read-snapshot.ts";
import { problem } from "./problem.ts";

/** Which scan an answer is of, where it came from and how old it is. */
export function scanView({ snapshot, source, ageMs, fallbackReason }: SnapshotRead): Record<string, unknown> {
  const { scanId, slotMs, finishedAtMs, market } = snapshot.scan;
  return { id: scanId, slotMs, atMs: finishedAtMs, ageMs, source, fallbackReason, market };
}

/** There is no snapshot to answer from. */
export function noSnapshot(context: Context, error: SnapshotError): Response {
  return problem(context, { status: 503, code: error.kind, title: "There is no market to show yet", detail: error.message });
}
