import { hash, unit } from "./random.ts";

export type CoinClass = "crypto" | "equity" | "commodity";

/** A thing that has one price. Two coins may share a ticker: `id` tells them apart and never leaves the simulator. */
export type Coin = {
  readonly id: string;
  readonly ticker: string;
  readonly class: CoinClass;
  /** Price level in USD around which the price moves. */
  readonly level: number;
  /** 1 = most traded; decides spread, depth, volume and open interest. */
  readonly rank: number;
  /** Coins in one quoted unit on venues that quote small coins by the thousand or million; 1 for most. */
  readonly bundle: number;
};

/** A cryptocurrency beside the list, of middling volume: `id` tells it from one of the same ticker. */
export const otherCoin = (id: string, ticker: string, level: number): Coin => ({ id, ticker, class: "crypto", level, rank: 80, bundle: 1 });

/** Ticker, price level in USD, and the bundle where there is one. In order of trading volume. */
const KNOWN = `BTC 77760;ETH 2574;SOL 131;XRP 2.21;DOGE 0.151;BNB 861;HYPE 36.4;SUI 2.43;ADA 0.641;LINK 15.2;AVAX 19.4;PEPE 0.0000093 1000;
LTC 91.3;BCH 489;TRX 0.271;WLD 0.92;ENA 0.41;WIF 0.71;TON 2.61;NEAR 2.38;ARB 0.371;APT 4.52;DOT 3.71;UNI 7.83;FIL 2.29;AAVE 241;TAO 341;
BONK 0.0000144 1000;ONDO 0.81;OP 0.68;INJ 11.2;TIA 1.72;SEI 0.231;FARTCOIN 0.82;PENGU 0.0241;CRV 0.612;ETC 18.1;ORDI 8.2;JUP 0.451;ATOM 4.1;
SHIB 0.0000102 1000;PENDLE 3.91;MKR 1610;LDO 0.94;GALA 0.0148;ICP 4.9;STX 0.63;FET 0.61;RUNE 1.21;TRUMP 7.4;VIRTUAL 1.22;KAS 0.071;ZEC 211;
JTO 1.63;PYTH 0.123;STRK 0.132;DYDX 0.541;ALGO 0.193;VET 0.0221;HBAR 0.171;XLM 0.262;GRT 0.082;SAND 0.261;MANA 0.271;AXS 2.21;IMX 0.481;
FLOKI 0.000071 1000;EIGEN 1.31;ETHFI 1.11;ZRO 1.92;ZK 0.051;MOG 0.00000072 1000000;BABYDOGE 0.00000000113 1000000;1INCH 0.182;2Z 0.0467;
0G 0.194;4 0.0612;币安人生 0.143;COMP 44.1;SNX 0.61;YFI 5210;SUSHI 0.64;ENS 19.7;GMX 13.1;BLUR 0.071;MEME 0.0016;NOT 0.00171;TURBO 0.0041;
POPCAT 0.282;MEW 0.0021;BRETT 0.0412;AR 6.1;THETA 0.78;CHZ 0.0381;KAVA 0.361;IOTA 0.172;EGLD 13.9;NEO 6.1;QTUM 2.01;ZIL 0.0111;ONT 0.121;
BAT 0.151;ZRX 0.212;IOST 0.00321;DASH 21.2;XMR 312;XTZ 0.621;EOS 0.61;KSM 14.9;CELO 0.291;ANKR 0.0151;SKL 0.0211;MASK 1.21;APE 0.58;GMT 0.043;
LUNC 0.0000571 1000;SATS 0.0000000391 1000;RATS 0.0000213 1000;XEC 0.0000191 1000;LADYS 0.0000000261 10000;CAT 0.0000069 1000;
WOO 0.071;HOT 0.00091;DENT 0.00068;RSR 0.0071;CFX 0.081;ACH 0.0191;MAGIC 0.141;HOOK 0.101;RDNT 0.0211;ID 0.151;EDU 0.131;ARKM 0.491;CYBER 1.31;
MAV 0.051;BICO 0.101;TRB 31.2;LPT 6.91;GTC 0.261;PERP 0.241;HIFI 0.101;ARK 0.401;FLM 0.0291;ENJ 0.071;MOVE 0.121;BERA 1.91;IP 4.21;KAITO 1.11;
S 0.321;LAYER 0.621;NIL 0.311;INIT 0.391;SOPH 0.0341;SPX 1.21;GRASS 1.01;MOODENG 0.151;GOAT 0.101;PNUT 0.221;ACT 0.041;CHILLGUY 0.0411`;

/** Perpetuals on shares and metals that venues list among the coins. */
const TRADFI = `TSLA 411 equity;NVDA 182 equity;AAPL 251 equity;MSTR 331 equity;COIN 352 equity;HOOD 121 equity;AMZN 221 equity;GOOGL 244 equity;
META 711 equity;MSFT 512 equity;CRCL 131 equity;PLTR 182 equity;INTC 37.1 equity;AMD 231 equity;NFLX 1190 equity;BABA 171 equity;SPY 661 equity;
QQQ 601 equity;SNDK 131 equity;MU 187 equity;XAU 4031 commodity;XAG 49.2 commodity;XPT 1611 commodity;XPD 1421 commodity`;

const ONSETS = [
  "B",
  "C",
  "D",
  "F",
  "G",
  "H",
  "K",
  "L",
  "M",
  "N",
  "P",
  "Q",
  "R",
  "S",
  "T",
  "V",
  "W",
  "X",
  "Y",
  "Z",
  "BR",
  "CR",
  "DR",
  "FL",
  "GL",
  "KR",
  "PL",
  "SH",
  "ST",
  "TR",
];
const NUCLEI = ["A", "E", "I", "O", "U", "AI", "EO", "IA", "OO", "Y"];
const CODAS = ["", "", "N", "R", "X", "S", "L", "K", "M", "T", "FI", "DAO", "AI", "SWAP", "INU"];

/** Cryptocurrencies in order of trading volume: well-known tickers first, then invented ones that are not `reserved`. */
export function coinList(seed: number, count: number, reserved: readonly string[]): readonly Coin[] {
  const coins: Coin[] = entries(KNOWN).map(([ticker, level, bundle], place) => ({
    id: ticker,
    ticker,
    class: "crypto",
    level: Number(level),
    rank: place + 1,
    bundle: Number(bundle ?? 1),
  }));
  const taken = new Set([...coins.map((coin) => coin.ticker), ...tradfiList(1).map((coin) => coin.ticker), ...reserved]);
  for (let attempt = 0; coins.length < count; attempt += 1) {
    const ticker = inventedTicker(attempt);
    if (taken.has(ticker)) continue;
    taken.add(ticker);
    const level = 10 ** (-3 + 4.5 * unit(seed, ticker, "level"));
    coins.push({ id: ticker, ticker, class: "crypto", level, rank: coins.length + 1, bundle: 1 });
  }
  return coins;
}

/** Shares and metals, ranked behind `firstRank`. */
export function tradfiList(firstRank: number): readonly Coin[] {
  return entries(TRADFI).map(([ticker, level, kind], place) => ({
    id: ticker,
    ticker,
    class: kind === "commodity" ? "commodity" : "equity",
    level: Number(level),
    rank: firstRank + 4 * place,
    bundle: 1,
  }));
}

function entries(table: string): readonly (readonly [ticker: string, level: string, extra: string | undefined])[] {
  return table.split(";").map((entry) => {
    const [ticker, level, extra] = entry.trim().split(" ");
    if (ticker === undefined || level === undefined) throw new Error(`a coin needs a ticker and a level, found ${entry}`);
    return [ticker, level, extra];
  });
}

/** The same ticker for the same attempt whatever the seed, so that names stay comparable between runs. */
function inventedTicker(attempt: number): string {
  const pick = (list: readonly string[], salt: string): string => list[hash(7, attempt, salt) % list.length] ?? "";
  const syllables = 1 + (hash(7, attempt, "syllables") % 2);
  let ticker = "";
  for (let place = 0; place < syllables; place += 1) ticker += pick(ONSETS, `onset${place}`) + pick(NUCLEI, `nucleus${place}`);
  return (ticker + pick(CODAS, "coda")).slice(0, 9);
}
