/** The core's answers to every fixture, as one program that any engine can run. @module */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { FIXTURES_NOW_MS, readFixturePackages } from './fixture-packages.ts';
import { readFixtureSignatures } from './fixture-signatures.ts';

/** Everything that is asked; plain JSON. */
export interface Questions {
  readonly nowMs: number;
  /** Hex of signature, message and public key. */
  readonly signatures: readonly (readonly [string, string, string])[];
  readonly packages: readonly { readonly text: string; readonly publicKey: string }[];
}

/** What was answered, in the order of the questions: V or X, and whole reports as text. */
export interface Answers {
  readonly signatures: string;
  readonly reports: readonly string[];
}

export function readQuestions(): Questions {
  return {
    nowMs: FIXTURES_NOW_MS,
    signatures: readFixtureSignatures().flatMap(({ cases }) =>
      cases.map((each) => [each.signature, each.message, each.public_key] as const),
    ),
    packages: readFixturePackages().map(({ text, publicKey }) => ({ text, publicKey })),
  };
}

const INDEX = fileURLToPath(new URL('../../packages/verification/src/index.ts', import.meta.url));

// Plain JavaScript: it is bundled with the core and runs where there is neither Node nor TypeScript.
const ENTRY = `
import { bytesFromHex, followKeyStatements, verifyEd25519, verifyProofPackage } from ${JSON.stringify(INDEX)};
globalThis.answerQuestions = ({ nowMs, signatures, packages }) => ({
  signatures: signatures
    .map((triple) => (verifyEd25519(...triple.map(bytesFromHex)) ? 'V' : 'X'))
    .join(''),
  reports: packages.map(({ text, publicKey }) => {
    const trust = { keys: [{ publicKey: bytesFromHex(publicKey), name: null }] };
    return JSON.stringify(verifyProofPackage(text, trust, { nowMs, followKeyStatements }));
  }),
});
`;

/** A classic script that leaves the function `answerQuestions` in the global object. */
export async function bundleReplay(): Promise<string> {
  const bundle = await rolldown({
    input: 'replay-entry',
    plugins: [
      {
        name: 'replay-entry',
        resolveId: (id) => (id === 'replay-entry' ? id : null),
        load: (id) => (id === 'replay-entry' ? ENTRY : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}
