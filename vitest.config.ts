import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startSimulator, type Simulator } from "./simulator/simulator.ts";

/** Longer than any limit that a test waits for: a call that hangs for good would keep its runtime from ending. */
const LONGEST_ANSWER_MS = 8_000;

/** What requests leave for where tests of feeds run in workerd: the simulated venues, in Node, started by the first of them. */
let simulator: Promise<Simulator> | null = null;
const outboundService = async (request: Pick<Request, "url" | "method" | "headers" | "text">): Promise<Response> => {
  simulator ??= startSimulator({ coins: 20, frozen: true });
  const { url, method } = request;
  const headers = Object.fromEntries(request.headers);
  const body = method === "GET" ? null : await request.text();
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
  return await (
    await simulator
  )
    .handle(new Request(url, { method, headers, body, signal }))
    .catch(() => new Response("the simulator was silent", { status: 504 }));
};

const workersWith = (more: { readonly outboundService?: typeof outboundService }) =>
  cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.jsonc" },
    miniflare: { bindings: { TEST_MIGRATIONS: await readD1Migrations("./migrations") }, ...more },
  }));
const FEEDS = "test/workers/feeds.test.ts";

export default defineConfig({
  test: {
    // One file at a time: with two the run did not always end.
    maxWorkers: 1,
    projects: [
      // Pure code, tools and the simulator, in Node.
      {
        test: {
          name: "node",
          include: ["src/**/*.test.ts", "simulator/**/*.test.ts", "scripts/**/*.test.ts", "test/{contract,property,tools}/**/*.test.ts"],
        },
      },
      // Durable Objects, D1 and KV in workerd.
      { plugins: [workersWith({})], test: { name: "workers", include: ["test/workers/**/*.test.ts"], exclude: [FEEDS] } },
      // The same with the simulated venues outside.
      { plugins: [workersWith({ outboundService })], test: { name: "feeds", include: [FEEDS] } },
      // The whole Worker over HTTP against the simulator.
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
