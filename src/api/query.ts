import type { Context } from "hono";
import * as z from "zod";
import { err, ok, type Result } from "../domain/result.ts";

/** A number in a query. Blank text is none, where `Number` would make it 0. */
export const numberText = (expected: string) => z.string(expected).regex(/\S/u, expected).pipe(z.coerce.number(expected));

/** A request's query by its schema, or one sentence that names each parameter, what was expected and what was found. */
export function readQuery<T extends z.ZodType>(context: Context, schema: T): Result<z.infer<T>, string> {
  const twice = Object.entries(context.req.queries()).find(([, values]) => values.length > 1);
  if (twice !== undefined) return err(`${twice[0]}: expected once, found ${twice[1].length} times`);
  const found = context.req.query();
  const parsed = schema.safeParse(found);
  if (parsed.success) return ok(parsed.data);
  const sentences = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    const value = found[name];
    return name === "" ? issue.message : `${name}: ${issue.message}, found ${value === undefined ? "nothing" : JSON.stringify(value)}`;
  });
  return err(sentences.join("; "));
}
