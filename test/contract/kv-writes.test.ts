import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "..", "..", "src");
/** A write to something named as a KV binding or as the `cache` that functions take; a Durable Object's own `storage.kv` is neither. */
const KV_WRITE = /(?<!\bstorage\.)\b(?:CACHE|cache|kv|KV)\b\??\.(?:put|delete)\s*\(/u;

const writersIn = (files: readonly (readonly [path: string, text: string])[]): readonly string[] =>
  files.filter(([, text]) => KV_WRITE.test(text)).map(([path]) => path);

const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => [path, readFileSync(join(SOURCE, path), "utf8")] as const);

it("KV is written by kvPut of storage/keys.ts alone", () => {
  expect(writersIn(sources)).toEqual(["storage/keys.ts"]);
});

it("a write anywhere else is found", () => {
  expect(writersIn([["objects/rogue.ts", 'await this.env.CACHE.put("user:42", "x");'], ...sources])).toContain("objects/rogue.ts");
  expect(writersIn([["api/rogue.ts", "await cache\n  .get(key); await cache.delete(key);"]])).toEqual(["api/rogue.ts"]);
  expect(writersIn([["objects/own.ts", 'this.ctx.storage.kv.put("breaker", breaker);']])).toEqual([]);
});
