// @ts-check
/** What the benches of ingestion send, and the endpoint that takes it: bodies of 1 KiB, signed with HMAC-SHA256. @module */
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BODY_BYTES = 1_024;
const SECRET = 'a secret of thirty-two characters';

/** The signature is over the body alone, so that one request can be sent again and again. */
const SCHEME = {
  alg: 'hmac-sha256',
  signature_header: 'X-Signature',
  extract: { kind: 'bare' },
  encoding: 'hex',
  signed: '{body}',
  key: { kind: 'utf8' },
};

/**
 * @typedef {{ file: string, contentType: string, signature: string }} SignedBody
 * @typedef {{ endpointId: string, scheme: object, secret: string, single: SignedBody, batch: SignedBody }} Door
 */

/** @param {string} text @param {string} file @param {string} contentType @returns {Promise<SignedBody>} */
async function signed(text, file, contentType) {
  await writeFile(file, text);
  return { file, contentType, signature: createHmac('sha256', SECRET).update(text).digest('hex') };
}

/** A JSON document of 1,024 bytes. */
function document() {
  const empty = JSON.stringify({ type: 'order.paid', id: 'ord_1', note: '' });
  return JSON.stringify({
    type: 'order.paid',
    id: 'ord_1',
    note: 'x'.repeat(BODY_BYTES - empty.length),
  });
}

/**
 * @param {{ url: string, apiKey: string | null }} server @param {string} destination
 * @param {string} folder @param {number} lines In a batch. @returns {Promise<Door>}
 */
export async function openDoor(server, destination, folder, lines) {
  const response = await fetch(`${server.url}/v1/endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify({
      url: destination,
      signature: { scheme: 'generic', secrets: [SECRET], record: SCHEME },
    }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`no endpoint: ${response.status} ${text}`);
  const line = `{"payload":${document()}}\n`;
  return {
    endpointId: JSON.parse(text).id,
    scheme: SCHEME,
    secret: SECRET,
    single: await signed(document(), join(folder, 'single'), 'application/json'),
    batch: await signed(line.repeat(lines), join(folder, 'batch'), 'application/x-ndjson'),
  };
}
