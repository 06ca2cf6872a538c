import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

export type Address = { readonly port?: number | undefined; readonly host?: string | undefined };
export type Listening = { readonly url: string; readonly close: () => Promise<void> };

/** Serves `handle` over HTTP on loopback, on any free port unless one is named. `close` breaks what is still open. */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  { port = 0, host = "127.0.0.1" }: Address,
): Promise<Listening> {
  const fetch = async (request: Request): Promise<Response> => {
    try {
      return await handle(request);
    } catch (error) {
      // The caller went away: nobody reads this.
      if (request.signal.aborted) return new Response(null, { status: 499 });
      throw error;
    }
  };
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false });
  server.listen(port, host);
  await once(server, "listening");
  return {
    url: `http://${host}:${portOf(server.address())}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error(`expected a TCP address, found ${String(address)}`);
  return address.port;
}
