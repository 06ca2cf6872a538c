import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

/** What is deployed: wrangler.jsonc without its comments and trailing commas. */
const deployed = z
  .looseObject({
    triggers: z.looseObject({ crons: z.array(z.string()) }),
    vars: z.record(z.string(), z.string()),
    observability: z.looseObject({ enabled: z.boolean(), logs: z.looseObject({ enabled: z.boolean() }) }),
  })
  .parse(
    JSON.parse(
      readFileSync(join(import.meta.dirname, "..", "..", "wrangler.jsonc"), "utf8")
        .replaceAll(/^\s*\/\/.*$/gmu, "")
        .replaceAll(/,(?=\s*[\]}])/gu, ""),
    ),
  );

test("the cron fires every two minutes", () => {
  expect(deployed.triggers.crons).toEqual(["*/2 * * * *"]);
});

test("production keeps the log from info up, and no variable holds a secret", () => {
  expect(deployed.vars["LOG_LEVEL"]).toBe("info");
  expect(deployed.observability).toMatchObject({ enabled: true, logs: { enabled: true } });
  expect(Object.keys(deployed.vars).filter((name) => /key|secret|token|password/iu.test(name))).toEqual([]);
});
