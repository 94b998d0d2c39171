/** The ends of a proof: who says that a message existed. A Bitcoin block proves it, a calendar only promises it. @module */
import { concatBytes, equalBytes, hexFromBytes, stringFromUtf8, utf8FromString } from '../bytes.ts';
import { OtsCursor } from './cursor.ts';
import { encodeVaruint } from './varuint.ts';

/** What stands at the end of a path. */
export type OtsAttestation =
  | { readonly kind: 'bitcoin'; readonly height: number }
  /** A calendar promises to bring the message into a block. Never connect to the address because a proof names it. */
  | { readonly kind: 'pending'; readonly uri: string }
  /** Read and shown, never counted: nothing here checks these chains. */
  | { readonly kind: 'litecoin' | 'ethereum'; readonly height: number }
  | { readonly kind: 'unknown'; readonly tag: Uint8Array; readonly payload: Uint8Array };

const TAG_BYTES = 8;
const MAX_PAYLOAD_BYTES = 8_192;
const MAX_URI_BYTES = 1_000;
const URI = /^[A-Za-z0-9\-._/:]+$/; // no query, user or escape: what reads it cannot be led elsewhere
const MAX_HEIGHT = 2 ** 32 - 1;

const TAGS = {
  bitcoin: Uint8Array.of(0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01),
  litecoin: Uint8Array.of(0x06, 0x86, 0x9a, 0x0d, 0x73, 0xd7, 0x1b, 0x45),
  ethereum: Uint8Array.of(0x30, 0xfe, 0x80, 0x87, 0xb5, 0xc7, 0xea, 0xd7),
  pending: Uint8Array.of(0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e),
};
type KnownKind = keyof typeof TAGS;

/** Reads tag and payload; the marker before them has been read. Those of an unknown kind are kept as they are. */
export function readAttestation(cursor: OtsCursor): OtsAttestation {
  const tag = cursor.readBytes(TAG_BYTES);
  const payload = cursor.readVarbytes(0, MAX_PAYLOAD_BYTES);
  const kind = kindOfTag(tag);
  if (kind === null) return { kind: 'unknown', tag, payload };
  const inner = new OtsCursor(payload, cursor.place - payload.length);
  const read = kind === 'pending' ? { kind, uri: readUri(inner) } : readHeight(kind, inner);
  inner.assertEnd();
  return read;
}

/** Tag and payload, as they are written. */
export function encodeAttestation(attestation: OtsAttestation): Uint8Array {
  const payload = payloadOf(attestation);
  return concatBytes(tagOf(attestation), encodeVaruint(payload.length), payload);
}

/** The same for equal attestations alone. In the order of these keys they are written. */
export function attestationKey(attestation: OtsAttestation): string {
  return hexFromBytes(tagOf(attestation)) + hexFromBytes(payloadOf(attestation));
}

function kindOfTag(tag: Uint8Array): KnownKind | null {
  const kinds = Object.keys(TAGS) as KnownKind[];
  return kinds.find((kind) => equalBytes(TAGS[kind], tag)) ?? null;
}

function readUri(cursor: OtsCursor): string {
  const start = cursor.place;
  const bytes = cursor.readVarbytes(1, MAX_URI_BYTES);
  const isPlain = bytes.every((byte) => byte < 0x80);
  const uri = isPlain ? stringFromUtf8(bytes) : '';
  if (URI.test(uri)) return uri;
  throw cursor.refused('ots-uri', start);
}

function readHeight(kind: Exclude<KnownKind, 'pending'>, cursor: OtsCursor): OtsAttestation {
  const start = cursor.place;
  const height = cursor.readVaruint();
  if (height <= MAX_HEIGHT) return { kind, height };
  throw cursor.refused('ots-height', start);
}

function tagOf(attestation: OtsAttestation): Uint8Array {
  return attestation.kind === 'unknown' ? attestation.tag : TAGS[attestation.kind];
}

function payloadOf(attestation: OtsAttestation): Uint8Array {
  switch (attestation.kind) {
    case 'pending': {
      const uri = utf8FromString(attestation.uri);
      return concatBytes(encodeVaruint(uri.length), uri);
    }
    case 'unknown':
      return attestation.payload;
    default:
      return encodeVaruint(attestation.height);
  }
}
