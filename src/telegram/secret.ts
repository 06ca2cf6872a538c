/**
 * Whether a secret was sent, in a time that does not depend on how much of it is right: both are hashed to one length
 * and the hashes compared in constant time.
 */
export async function isSecret(sent: string, secret: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [a, b] = await Promise.all([sent, secret].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b);
}
