/**
 * Whether the request carries the bearer token whose SHA-256 this is, in a time that does not depend on how much of it is
 * right. Without a configured hash nobody does.
 */
export async function hasToken(header: string | undefined, sha256Hex: string | null): Promise<boolean> {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(header ?? "")?.[1];
  if (token === undefined || sha256Hex === null) return false;
  const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return crypto.subtle.timingSafeEqual(found, bytesOf(sha256Hex));
}

/** The 32 bytes of a hash in 64 hex digits; config.ts has checked the form. */
const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
