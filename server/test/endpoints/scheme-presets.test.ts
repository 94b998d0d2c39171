import { expect, it } from 'vitest';
import { PRESET_NAMES, PRESETS, presetScheme } from '../../src/endpoints/scheme-presets.ts';
import { createSignatureVerifier } from '../../src/ingest/signature.ts';

it('each name is a scheme that reads the headers it names', () => {
  expect(Object.keys(PRESETS).sort()).toEqual([...PRESET_NAMES].sort());
  for (const name of PRESET_NAMES) {
    expect(presetScheme(name).signatureHeader).toBe(PRESETS[name].signature_header.toLowerCase());
  }
});

it('Standard Webhooks reads id, time and signature, and keeps all three', () => {
  const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
  expect(createSignatureVerifier(presetScheme('standard'), [secret]).headerNames).toEqual([
    'webhook-signature',
    'webhook-id',
    'webhook-timestamp',
  ]);
});
