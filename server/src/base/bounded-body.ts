/** Reads the body of an answer up to a bound: what others send must not fill our memory. @module */

/** Null as soon as there is one byte more than `maxBytes`. Leaving the loop ends the connection. */
export async function readBoundedBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > maxBytes) return null;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
