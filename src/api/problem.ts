import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What went wrong, in the words of RFC 9457, with a code that programs can rely on. */
export type Problem = { readonly status: ContentfulStatusCode; readonly code: string; readonly title: string; readonly detail: string };

/** The one place where a failure becomes a response. */
export function problem(context: Context, { status, code, title, detail }: Problem): Response {
  const body = { type: `about:blank#${code}`, title, status, code, detail, instance: new URL(context.req.url).pathname };
  return context.body(JSON.stringify(body), status, { "content-type": "application/problem+json", "cache-control": "no-store" });
}
