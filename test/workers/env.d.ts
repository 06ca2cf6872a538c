declare namespace Cloudflare {
  interface Env {
    /** The files of migrations/, from vitest.config.ts. */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
