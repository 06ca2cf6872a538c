import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "..", "src");

/** Every text of the product that holds SQL: template and string literals, by file. */
const STATEMENTS: readonly { readonly file: string; readonly sql: string }[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .flatMap((file) =>
    [...readFileSync(join(SRC, file), "utf8").matchAll(/`(?<template>[^`]*)`|"(?<text>[^"\n]*)"/gu)]
      .map(({ groups }) => groups?.["template"] ?? groups?.["text"] ?? "")
      .filter((sql) => /\bSELECT\b.*\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.*\bSET\b|\bDELETE FROM\b/su.test(sql))
      .map((sql) => ({ file: file.replaceAll("\\", "/"), sql })),
  );

const filesWith = (pattern: RegExp): readonly string[] => [
  ...new Set(STATEMENTS.filter(({ sql }) => pattern.test(sql)).map(({ file }) => file)),
];

describe("SQL of the product", () => {
  test("is found", () => {
    expect(STATEMENTS.length).toBeGreaterThanOrEqual(12);
  });

  test("names the columns it reads", () => {
    expect(STATEMENTS.filter(({ sql }) => /SELECT\s+(?:\w+\.)?\*/u.test(sql))).toEqual([]);
  });

  test("reads no list without a bound: a LIMIT, a row's own id, or the rows it was given", () => {
    const lists = STATEMENTS.filter(({ sql }) => /^\s*SELECT\b/u.test(sql));
    expect(lists.length).toBeGreaterThanOrEqual(8);
    const unbounded = lists.filter(({ sql }) => !/\bLIMIT\b|WHERE (?:id|name) = \?|json_each\(\?/u.test(sql));
    expect(unbounded).toEqual([]);
    // Pages go on after the last key; an OFFSET would read what it skips and move when rows do.
    expect(filesWith(/\bOFFSET\b/u)).toEqual([]);
  });

  test("writes opportunities, their events and scans behind the validator: as scans, and in and out of quarantine", () => {
    expect(filesWith(/\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:opportunities|opportunity_events|scans)\b/u)).toEqual([
      "storage/quarantined-rows.ts",
      "storage/save-scan.ts",
    ]);
  });
});
