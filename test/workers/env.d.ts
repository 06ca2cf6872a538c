import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    // oxlint-disable-next-line typescript/consistent-type-definitions -- only an interface adds to the Env of `wrangler types`
    interface Env {
      /** The files of migrations/, from vitest.config.ts. */
      readonly TEST_MIGRATIONS: D1Migration[];
    }
  }
}
