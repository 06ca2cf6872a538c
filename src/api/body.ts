import type { Context } from "hono";
import type * as z from "zod";
import { problem } from "./problem.ts";

type Body<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly response: Response };

/** A request's JSON by its schema, or the answer that says what was expected. */
export async function readBody<T>(context: Context, schema: z.ZodType<T>): Promise<Body<T>> {
  const json: unknown = await context.req.json().catch(() => undefined);
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const found = json === undefined ? "something that is not JSON" : "another value";
  const wanted = parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: expected ${message}`));
  return { ok: false, response: badBody(context, `${wanted.join("; ")}, found ${found}`) };
}

export const badBody = (context: Context, detail: string): Response =>
  problem(context, { status: 400, code: "bad-body", title: "The body is not as expected", detail });
