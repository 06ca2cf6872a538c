/** One Durable Object hands the quotes of a venue to another: as columns, as objects, or not at all. */
import { DurableObject } from "cloudflare:workers";
import { finishColumns, NUMERIC_COLUMNS, type Quote, type QuoteColumns, quoteAt, quoteWriter } from "../../src/domain/quote.ts";

type RpcEnv = {
  readonly SENDER: DurableObjectNamespace<Sender>;
  readonly RECEIVER: DurableObjectNamespace<Receiver>;
};

/** About the largest venue's instruments. */
const ROWS = 1_200;

function someQuotes(): QuoteColumns {
  const out = quoteWriter("bench", ROWS);
  for (let row = 0; row < ROWS; row++) {
    for (const [place, name] of NUMERIC_COLUMNS.entries()) out[name][row] = (row + 1) * 1.000_1 ** place;
    out.symbol.push(`COIN${row}/USDT:USDT`);
    out.kind.push("perpetual");
    out.asset.push(`COIN${row}`);
    out.quote.push("USDT");
    out.settle.push("USDT");
    out.assetClass.push("crypto");
    out.state.push("trading");
  }
  return finishColumns(out);
}

/** Has quotes ready in both forms. */
export class Sender extends DurableObject<RpcEnv> {
  readonly #columns = someQuotes();
  readonly #objects = Array.from({ length: ROWS }, (_, row) => quoteAt(this.#columns, row));

  nothing(): number {
    return ROWS;
  }
  columns(): QuoteColumns {
    return this.#columns;
  }
  objects(): Quote[] {
    return this.#objects;
  }
}

/** Asks the sender so many times, and says how many rows came. */
export class Receiver extends DurableObject<RpcEnv> {
  async ask(form: string, times: number): Promise<number> {
    const sender = this.env.SENDER.getByName("sender");
    let rows = 0;
    for (let call = 0; call < times; call++) {
      if (form === "columns") rows += (await sender.columns()).count;
      else if (form === "objects") rows += (await sender.objects()).length;
      else rows += await sender.nothing();
    }
    return rows;
  }
}

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const rows = await env.RECEIVER.getByName("receiver").ask(searchParams.get("form") ?? "", Number(searchParams.get("times")));
    return Response.json({ rows });
  },
} satisfies ExportedHandler<RpcEnv>;
