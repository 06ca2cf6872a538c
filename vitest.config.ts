import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startSimulator, type Simulator } from "./simulator/simulator.ts";

/** What the Worker's requests leave for in workerd: the simulated venues, in Node, started by the first of them. */
let simulator: Promise<Simulator> | null = null;
const outboundService = async (request: Pick<Request, "url" | "method" | "headers" | "text">): Promise<Response> => {
  simulator ??= startSimulator({ coins: 20, frozen: true });
  const { url, method } = request;
  const headers = Object.fromEntries(request.headers);
  return await (await simulator).handle(new Request(url, { method, headers, body: method === "GET" ? null : await request.text() }));
};

const workers = cloudflareTest(async () => ({
  wrangler: { configPath: "./wrangler.jsonc" },
  miniflare: { bindings: { TEST_MIGRATIONS: await readD1Migrations("./migrations") }, outboundService },
}));
export default defineConfig({
  test: {
    // Tests mostly wait: for limits to pass, for another process to answer.
    maxWorkers: 2,
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
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
