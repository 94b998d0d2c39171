/** AWS Signature Version 4 against the worked examples of Amazon's manual ("Authorization Header: Transferring Payload in a Single Chunk"). @module */
import { describe, expect, it } from 'vitest';
import {
  type AwsRequest,
  encodeAwsPath,
  signAwsRequest,
} from '../../src/attestation/aws-signature.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const NOW_MS = Date.UTC(2013, 4, 24);
const HOST = 'https://examplebucket.s3.amazonaws.com';

function signatureOf(request: Partial<AwsRequest> & { path: string }): string {
  const { path, ...rest } = request;
  const headers = signAwsRequest(
    { method: 'GET', headers: {}, body: new Uint8Array(), ...rest, url: new URL(HOST + path) },
    CREDENTIALS,
    'us-east-1',
    NOW_MS,
  );
  return headers.authorization ?? '';
}

describe('signAwsRequest', () => {
  it('gives the published signature of "GET Object"', () => {
    expect(signatureOf({ path: '/test.txt', headers: { range: 'bytes=0-9' } })).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it('gives the published signature of "PUT Object"', () => {
    const signed = signatureOf({
      method: 'PUT',
      path: `/${encodeAwsPath('test$file.text')}`,
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      body: Buffer.from('Welcome to Amazon S3.'),
    });
    expect(signed).toContain(
      'SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,',
    );
    expect(signed.split('Signature=')[1]).toBe(
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    );
  });

  it('gives the published signatures of requests with a query', () => {
    expect(signatureOf({ path: '/?lifecycle' }).split('Signature=')[1]).toBe(
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    );
    expect(signatureOf({ path: '/?max-keys=2&prefix=J' }).split('Signature=')[1]).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    );
  });

  it('signs a session token, and sends it', () => {
    const headers = signAwsRequest(
      { method: 'GET', url: new URL(`${HOST}/a`), headers: {}, body: new Uint8Array() },
      { ...CREDENTIALS, sessionToken: 'token' },
      'us-east-1',
      NOW_MS,
    );
    expect(headers['x-amz-security-token']).toBe('token');
    expect(headers.authorization).toContain(';x-amz-security-token,');
    expect(headers).not.toHaveProperty('host');
  });

  it('encodes paths as the signature wants them, slashes left alone', () => {
    expect(encodeAwsPath("a b/c$d/e!'()*~")).toBe('a%20b/c%24d/e%21%27%28%29%2A~');
  });
});
