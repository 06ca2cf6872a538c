/** What the library calls in place of `fetch`. */
type LibraryFetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;
/** The part of `fetch` that it uses. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/**
 * `fetch` for the library, which takes every answer for JSON. A gateway in front of Telegram answers its failures in
 * HTML: such an answer becomes Telegram's own envelope with its status, so that it is told from no answer at all.
 */
export function apiFetch(ask: FetchLike): LibraryFetch {
  return async (input, init) => {
    const response = await ask(input instanceof Request ? input.url : String(input), init ?? {});
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    if (isJson || response.ok) return response;
    await response.body?.cancel();
    return Response.json({ ok: false, error_code: response.status, description: `HTTP ${response.status}, not JSON` });
  };
}
