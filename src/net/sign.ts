const utf8 = new TextEncoder();

/** HMAC-SHA-256 of a text under a secret, by the platform's WebCrypto. */
export async function hmacSha256(secret: string, text: string, encoding: "hex" | "base64"): Promise<string> {
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
  return encoding === "hex" ? hexOf(signature) : btoa(String.fromCharCode(...signature));
}

const ID_CHARS = 12;

/** The first digits of the SHA-256 of a secret: tells two apart and gives neither away. */
export async function secretId(secret: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(secret)))).slice(0, ID_CHARS);
}

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
