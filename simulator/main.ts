/** `npm run simulate`: venues and Telegram alone, for a Worker or a tool that runs elsewhere. */
import { parseArgs } from "node:util";
import { startSimulator } from "./simulator.ts";

const USAGE = `npm run simulate -- [--port 8788] [--seed 1] [--coins 600] [--recorded DIR [--recorded-date YYYY-MM-DD]]`;
const DEFAULT_PORT = 8788;

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    seed: { type: "string" },
    coins: { type: "string" },
    recorded: { type: "string" },
    "recorded-date": { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}

const simulator = await startSimulator({
  listen: { port: whole("port", values.port) ?? DEFAULT_PORT },
  seed: whole("seed", values.seed),
  coins: whole("coins", values.coins),
  recordedDir: values.recorded,
  recordedDate: values["recorded-date"],
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});

const { recorded, venues, seed } = simulator.state();
console.log(
  recorded === null
    ? `Simulated market, seed ${seed}: the prices and rates are made up.`
    : `Recorded market of ${recorded.date}: ${recorded.files.join(", ")}; its clock stands at ${simulator.nowMs()}.`,
);
for (const venue of venues) {
  const instruments = recorded === null ? `${String(venue.instruments).padStart(4)} instruments  ` : "";
  console.log(`  ${venue.id.padEnd(12)} ${instruments}${simulator.url}/${venue.hosts[0]}`);
}
console.log(`
Set VENUE_GATEWAY_URL=${simulator.url} for a Worker that shall see this market.
  GET    ${simulator.url}/control/planted   the opportunities that were put there, with their net
  GET    ${simulator.url}/control/calls     the calls it got (DELETE forgets them)
  GET    ${simulator.url}/control/state     clock, faults, hosts
  POST   ${simulator.url}/control           {"fault":{"venue":"gate","kind":"http-500","times":2}}, {"clear":true}, …
Set TELEGRAM_API_URL=${simulator.url} for a bot that shall meet the people of the simulator.
  POST   ${simulator.url}/control/telegram           {"webhook":{"url":"…","secret":"…"}}, {"fault":{"kind":"rate-429","times":3}}, {"limits":true}, …
  POST   ${simulator.url}/control/telegram/say?plain {"text":"/start"}
  GET    ${simulator.url}/control/telegram/messages?plain, /calls, /state
Ctrl-C ends it.`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close().then(() => process.exit(0)));

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`--${name}: expected a whole number, found ${text}\n${USAGE}`);
  return process.exit(2);
}
