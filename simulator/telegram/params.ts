import { z } from "zod";

/** A file that came with a call. */
export type Upload = {
  readonly fileName: string;
  readonly bytes: number;
  /** What it says, where it is UTF-8 text. */
  readonly text: string | null;
};

/** Parameters of a call as they came: values of JSON, or texts of a form, with `Upload` where a file was attached. */
export type Params = Readonly<Record<string, unknown>>;

/** Reads the parameters of a call from its query, JSON, urlencoded form or multipart form. `null`: unreadable. */
export async function readParams(request: Request): Promise<Params | null> {
  const query: Params = Object.fromEntries(new URL(request.url).searchParams);
  if (request.method === "GET") return query;
  const type = request.headers.get("content-type") ?? "";
  if (type.startsWith("multipart/form-data")) {
    const boundary = /boundary="?([^";]+)/u.exec(type)?.[1];
    return boundary === undefined ? null : { ...query, ...readMultipart(Buffer.from(await request.arrayBuffer()), boundary) };
  }
  const body = await request.text();
  if (type.startsWith("application/x-www-form-urlencoded")) return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
  if (body === "") return query;
  const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(body));
  return parsed.success ? { ...query, ...parsed.data } : null;
}

const HEADERS_END = "\r\n\r\n";

/**
 * The fields of a multipart body; `attach://ID` stands for the file of that name. Node's own reader refuses the
 * headers that grammY writes (no space before `name`, file names without quotes), which Telegram takes.
 */
function readMultipart(body: Buffer, boundary: string): Params {
  const fields = new Map<string, string>();
  const files = new Map<string, Upload>();
  const mark = `--${boundary}`;
  for (let from = body.indexOf(mark); from !== -1;) {
    const until = body.indexOf(mark, from + mark.length);
    if (until === -1) break;
    const headersAt = from + mark.length + 2;
    const bodyAt = body.indexOf(HEADERS_END, headersAt) + HEADERS_END.length;
    const headers = body.subarray(headersAt, bodyAt).toString();
    // The line break before the next boundary belongs to the boundary.
    const content = body.subarray(bodyAt, until - 2);
    const name = /[\s;]name="([^"]*)"/iu.exec(headers)?.[1];
    const fileName = /filename="?([^"\r\n;]*)/iu.exec(headers)?.[1];
    if (name !== undefined && fileName !== undefined) files.set(name, upload(fileName, content));
    else if (name !== undefined) fields.set(name, content.toString());
    from = until;
  }
  return Object.fromEntries(
    [...fields].map(([name, value]) => [name, value.startsWith("attach://") ? (files.get(value.slice(9)) ?? value) : value] as const),
  );
}

function upload(fileName: string, content: Buffer): Upload {
  const text = content.toString();
  return { fileName, bytes: content.length, text: Buffer.from(text).equals(content) ? text : null };
}

/** The value of a JSON text, `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A whole number, also as text. */
export const whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,16}$/u)
    .transform(Number),
]);
/** A yes or no, also as text. */
export const yesNo = z.preprocess((value) => (typeof value === "string" ? /^(?:true|1)$/iu.test(value) : value), z.boolean());
/** A value that may come as a text of JSON, as in a form. */
export const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === "string" ? parseJson(value) : value), schema);
