import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const workers = cloudflareTest(async () => ({
  wrangler: { configPath: "./wrangler.jsonc" },
  miniflare: { bindings: { TEST_MIGRATIONS: await readD1Migrations("./migrations") } },
}));

export default defineConfig({
  test: {
    projects: [
      // Pure code, tools and the simulator, in Node.
      {
        test: {
          name: "node",
          include: ["src/**/*.test.ts", "simulator/**/*.test.ts", "scripts/**/*.test.ts", "test/{contract,property,tools}/**/*.test.ts"],
        },
      },
      // Durable Objects, D1 and KV in workerd.
      { plugins: [workers], test: { name: "workers", include: ["test/workers/**/*.test.ts"] } },
      // The whole Worker over HTTP against the simulator.
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false } },
    ],
  },
});
