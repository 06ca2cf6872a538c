import { referenceOf } from "./test/contract/ccxt-reference.ts";
import { startSimulator } from "./simulator/simulator.ts";
import { ADAPTERS } from "./src/venues/registry.ts";
import { mustParse, bySymbol } from "./test/contract/bodies.ts";
const nowMs = Date.UTC(2026, 10, 22, 12, 34, 56);
const sim = await startSimulator({ seed: 1, nowMs });
for (const a of ADAPTERS) {
  const id = a.facts.id;
  const get = async (url: string, body?: string) => { const r = await sim.handle(new Request("http://127.0.0.1/" + url.replace("https://", ""), body ? { method: "POST", body, headers: { "content-type": "application/json" } } : {})); const t = await r.text(); if (!r.ok) { console.log(id, url, body, r.status, t.slice(0, 80)); } return JSON.parse(t); };
  const ref = await referenceOf(id, get);
  const bodies: any = {}; for (const [n, e] of Object.entries(a.endpoints)) bodies[n] = await get(`https://${a.hosts[0]}${e.path}`, e.body ? JSON.stringify(e.body) : undefined);
  const ours = bySymbol(mustParse(a, bodies, nowMs));
  const diff: any = {};
  const note = (k: string, x: any) => { (diff[k] ??= []).push(x); };
  for (const [s, q] of ours) {
    const r = ref.get(s); if (!r) { note("missing in ccxt", s); continue; }
    const m = q.multiplier ?? 1;
    if (r.symbol !== q.symbol) note("symbol", [s, q.symbol, r.symbol]);
    if (r.rate !== q.fundingRatePerInterval) note("rate", [s, q.fundingRatePerInterval, r.rate]);
    if (r.intervalHours !== q.fundingIntervalHours) note("interval", [s, q.fundingIntervalHours, r.intervalHours]);
    if (r.nextFundingAtMs !== q.nextFundingAtMs) note("next", [s, q.nextFundingAtMs, r.nextFundingAtMs]);
    if (q.bid === null || r.bid === null ? q.bid !== r.bid : Math.abs(q.bid * m / r.bid - 1) > 1e-12) note("bid", [s, q.bid, r.bid]);
    if (q.ask === null || r.ask === null ? q.ask !== r.ask : Math.abs(q.ask * m / r.ask - 1) > 1e-12) note("ask", [s, q.ask, r.ask]);
  }
  for (const s of ref.keys()) if (!ours.has(s)) note("missing in ours", s);
  console.log(id, ours.size, ref.size); for (const [k, v] of Object.entries(diff) as any) console.log("  ", k, v.length, JSON.stringify(v.slice(0, 12)));
}
await sim.close();
