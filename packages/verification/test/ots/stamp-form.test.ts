/** The stamp form of a checkpoint: the log's own line alone, in its own bytes, whoever else signed. @module */
import { describe, expect, it } from 'vitest';
import { stampFormOfCheckpoint } from '../../src/ots/stamp-form.ts';
import { cosignatureLine } from '../make-cosignature.ts';
import { signerNumber } from '../make-key-chain.ts';
import { checkpointText, LOG_SIGNER, noteOf, ORIGIN, utf8 } from '../make-package.ts';
import { expectRefusal } from '../refusal.ts';

const TEXT = checkpointText(ORIGIN, 11, new Uint8Array(32));
const NOTE = noteOf(TEXT, ORIGIN, LOG_SIGNER);
const LINE = NOTE.slice(TEXT.length + 1);
const KEY = LOG_SIGNER.publicKey;

describe('the stamp form', () => {
  it('of a note with the one line of the log is the note', () => {
    expect(stampFormOfCheckpoint(NOTE, ORIGIN, KEY)).toEqual(utf8(NOTE));
  });

  it('leaves out all other lines, before and after', () => {
    const witness = cosignatureLine(TEXT, 'w.example', signerNumber(7), 1_768_473_045n);
    const otherKey = noteOf(TEXT, ORIGIN, signerNumber(3)).slice(TEXT.length + 1);
    for (const note of [NOTE + witness, `${TEXT}\n${otherKey}${witness}${LINE}`]) {
      expect(stampFormOfCheckpoint(note, ORIGIN, KEY)).toEqual(utf8(NOTE));
    }
  });

  it('is refused without a line of the log, and with two', () => {
    expectRefusal('E_CHECKPOINT', () => stampFormOfCheckpoint(NOTE, 'other.example', KEY));
    expectRefusal('E_CHECKPOINT', () =>
      stampFormOfCheckpoint(NOTE, ORIGIN, signerNumber(3).publicKey),
    );
    const twice = expectRefusal('E_FIELD', () => stampFormOfCheckpoint(NOTE + LINE, ORIGIN, KEY));
    expect(twice.rule).toBe('note-one-line');
  });
});
