import type { VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { type Answer, isHtml, preferEnvelope, statusError } from "./status-error.ts";
import { transportError } from "./transport-error.ts";
import { startWatch, type Watch } from "./watch.ts";

/** The platform's fetch, or one like it. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** One HTTP attempt. All limits in ms and bytes. */
export type AttemptInput = {
  readonly fetch: FetchFunction;
  readonly now: () => number;
  readonly url: string;
  /** Whose answer it is, for messages. */
  readonly host: string;
  readonly init: RequestInit;
  readonly maxBytes: number;
  readonly errorIn: (body: unknown, status: number) => VenueError | null;
  readonly headersMs: number;
  readonly bodyMs: number;
  /** When the whole call must be over, and how long it was given. */
  readonly total: { readonly untilMs: number; readonly limitMs: number };
  readonly signal: AbortSignal | undefined;
};

export type AttemptOutcome = {
  readonly status: number | null;
  /** Bytes of body read, decompressed. */
  readonly bytes: number;
  readonly endedAtMs: number;
  readonly result: Result<unknown, VenueError>;
  /** The body was JSON that stopped before its end, although the reply itself ended in good order. */
  readonly cut: boolean;
};

/** An error body is read only as far as it explains itself. */
const ERROR_BODY_BYTES = 16_384;

type Progress = { status: number | null; bytes: number; phase: "headers" | "body" };
type Reply = { readonly status: number; readonly headers: Headers; readonly body: Uint8Array };

/** Sends one request and reads its body, within the limits on headers time, body time, total time and bytes. Never throws. */
export async function attempt(input: AttemptInput): Promise<AttemptOutcome> {
  const progress: Progress = { status: null, bytes: 0, phase: "headers" };
  const watch = startWatch(input);
  const reply = await exchange(input, watch, progress);
  watch.close();
  const judged = reply.ok ? judge(input, reply.value) : { result: reply, cut: false };
  return { status: progress.status, bytes: progress.bytes, endedAtMs: input.now(), ...judged };
}

async function exchange(input: AttemptInput, watch: Watch, progress: Progress): Promise<Result<Reply, VenueError>> {
  try {
    watch.arm("headers", input.headersMs);
    const response = await watch.race(input.fetch(input.url, { ...input.init, redirect: "manual", signal: watch.signal }));
    progress.status = response.status;
    progress.phase = "body";
    watch.arm("body", input.bodyMs);
    const reply = { status: response.status, headers: response.headers };
    return response.status === 200
      ? await readWhole({ response, reply, watch, progress, maxBytes: input.maxBytes, host: input.host })
      : ok({ ...reply, body: await readStart({ response, watch, progress }) });
  } catch (thrown) {
    const { host } = input;
    const { phase } = progress;
    return err(watch.stopped() ?? transportError(thrown, { host, phase, limitMs: phase === "headers" ? input.headersMs : input.bodyMs }));
  }
}

/** The body of a 200, or `too-large` as soon as its announced or its real length passes the limit. */
async function readWhole(input: {
  readonly response: Response;
  readonly reply: Omit<Reply, "body">;
  readonly watch: Watch;
  readonly progress: Progress;
  readonly maxBytes: number;
  readonly host: string;
}): Promise<Result<Reply, VenueError>> {
  const { response, watch, progress, maxBytes, host } = input;
  const announced = Number(response.headers.get("content-length") ?? "0");
  const tooLarge = (found: string): Result<Reply, VenueError> =>
    err({ kind: "too-large", limitBytes: maxBytes, message: `expected at most ${maxBytes} bytes from ${host}, found ${found}` });
  if (announced > maxBytes) {
    discard(response.body?.cancel());
    return tooLarge(`an announced ${announced}`);
  }
  const read = await readUpTo({ response, watch, progress, limitBytes: maxBytes });
  return read.whole ? ok({ ...input.reply, body: read.body }) : tooLarge(`${progress.bytes} and more`);
}

/** The start of an error's body. Failing to read it does not hide the status that came. */
async function readStart(input: { readonly response: Response; readonly watch: Watch; readonly progress: Progress }): Promise<Uint8Array> {
  try {
    return (await readUpTo({ ...input, limitBytes: ERROR_BODY_BYTES })).body;
  } catch {
    return new Uint8Array(0);
  }
}

/** Reads chunks until the end or until the limit is passed; then cancels the rest. */
async function readUpTo(input: {
  readonly response: Response;
  readonly watch: Watch;
  readonly progress: Progress;
  readonly limitBytes: number;
}): Promise<{ readonly body: Uint8Array; readonly whole: boolean }> {
  const { response, watch, progress, limitBytes } = input;
  if (response.body === null) return { body: new Uint8Array(0), whole: true };
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let ended = false;
  try {
    while (progress.bytes <= limitBytes) {
      const next: { readonly done: boolean; readonly value?: unknown } = await watch.race(reader.read());
      ended = next.done;
      if (ended) break;
      if (!(next.value instanceof Uint8Array)) throw new TypeError("a body chunk that is not bytes");
      chunks.push(next.value);
      progress.bytes += next.value.byteLength;
    }
  } finally {
    if (!ended) discard(reader.cancel());
  }
  return { body: joined(chunks, progress.bytes), whole: ended };
}

/** Lets go of a stream that is of no more use; how its cancellation ends changes nothing. */
function discard(cancelling: Promise<void> | undefined): void {
  cancelling?.catch(() => undefined);
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** What an answer is worth: the body of a 200 that the venue's adapter accepts, else an error of one kind. */
function judge(input: AttemptInput, reply: Reply): Pick<AttemptOutcome, "result" | "cut"> {
  const { status, headers } = reply;
  const text = new TextDecoder().decode(reply.body);
  const answer: Answer = { status, headers, text, host: input.host, nowMs: input.now() };
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const error = status === 200 ? notJson(answer, parsed.error) : statusError(answer);
    return { result: err(error), cut: status === 200 && stopsEarly(text) };
  }
  const envelope = askAdapter(() => input.errorIn(parsed.value, status));
  if (envelope !== null) return { result: err(preferEnvelope(envelope, answer)), cut: false };
  return { result: status === 200 ? ok(parsed.value) : err(statusError(answer)), cut: false };
}

/** The one place where a venue's text becomes JSON; once per body. */
function parseJson(text: string): Result<unknown, string> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (thrown) {
    return err(thrown instanceof Error ? thrown.message : "not JSON");
  }
}

function notJson(answer: Answer, reason: string): VenueError {
  const found = answer.text === "" ? "an empty body" : isHtml(answer.headers, answer.text) ? "an HTML page" : reason;
  return { kind: "bad-json", message: `expected JSON from ${answer.host}, found ${found}` };
}

/** Whether a text that is not JSON begins as an object or array and lacks its closing bracket at the end. */
function stopsEarly(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return !trimmed.endsWith("}");
  return trimmed.startsWith("[") && !trimmed.endsWith("]");
}

/** An adapter that throws is a bug of ours: it costs this call, with the reason, and nothing else. */
function askAdapter(errorIn: () => VenueError | null): VenueError | null {
  try {
    return errorIn();
  } catch (thrown) {
    return {
      kind: "internal",
      message: `the adapter threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
    };
  }
}
