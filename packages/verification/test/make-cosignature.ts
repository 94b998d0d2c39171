/** Makes cosignature lines from node:crypto. C2SP tlog-cosignature. @module */
import { createHash } from 'node:crypto';
import { type Signer, utf8 } from './make-package.ts';

export interface LineOptions {
  /** 04 is cosignature/v1. */
  readonly type?: number;
  /** Bytes in the place of the signature. */
  readonly signature?: Uint8Array;
}

/** One line of a witness under a note with this text. */
export function cosignatureLine(
  noteText: string,
  name: string,
  signer: Signer,
  timeSeconds: bigint,
  options: LineOptions = {},
): string {
  const { type = 0x04 } = options;
  const keyId = createHash('sha256')
    .update(Buffer.concat([utf8(name), Uint8Array.of(0x0a, type), signer.publicKey]))
    .digest()
    .subarray(0, 4);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(timeSeconds);
  const signature =
    options.signature ?? signer.sign(utf8(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`));
  return `\u2014 ${name} ${Buffer.concat([keyId, time, signature]).toString('base64')}\n`;
}
