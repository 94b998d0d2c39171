/** Where the private keys of this process lie: the environment, the first key's file, and a folder for all others. @module */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bytesFromHex,
  equalBytes,
  hexFromBytes,
  keyIdFromPublicKey,
  verifyEd25519,
} from '@kapsel/verification';
import type { Secret } from '../base/secret.ts';
import { openEnvSigners } from './env-signer.ts';
import { makeFileSigner, openFileSigner } from './file-signer.ts';
import { hasKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';
import { KeyError, type Signer } from './signer.ts';

const PROBE = new TextEncoder().encode('kapsel.probe/v1\n'); // neither a head nor a note nor a key statement

export interface KeySettings {
  /** The shared log's first key. */
  readonly firstKeyFile: string;
  /** Further keys, each in `<key_id>.pem`. */
  readonly keysDir: string;
  readonly passphrase: Secret | null;
  /** The text of KAPSEL_SIGNING_KEY. */
  readonly environment: Secret | null;
}

/** Hands out signers that have shown, by a signature of something that is no head, that they sign right. */
export class KeyPlaces {
  readonly settings: KeySettings;
  readonly #environment: readonly Signer[];
  /** Signers that were found, by key id; they stay open as long as the process. */
  readonly #known = new Map<string, Signer>();
  /** The first key's file as it was last opened: a look for another key need not decrypt it again. */
  #first: { readonly file: string; readonly signer: Signer } | null = null;

  /** Throws KeyError when KAPSEL_SIGNING_KEY is no key. Reads no file. */
  constructor(settings: KeySettings) {
    this.settings = settings;
    const { environment, passphrase } = settings;
    this.#environment = environment === null ? [] : openEnvSigners(environment, passphrase);
  }

  /** The signer of this very key, or null when this process does not hold it. */
  async find(publicKey: Uint8Array): Promise<Signer | null> {
    const keyId = keyIdFromPublicKey(publicKey);
    const known = this.#known.get(keyId);
    if (known !== undefined) return known;
    const found =
      this.#environment.find((signer) => equalBytes(signer.publicKey, publicKey)) ??
      (await this.#findInFolder(publicKey)) ??
      (await this.#findFirst(publicKey));
    if (found === null) return null;
    await assertSignsRight(found);
    this.#known.set(keyId, found);
    return found;
  }

  /** Where the file of a further key is. */
  fileOf(publicKey: Uint8Array): string {
    return join(this.settings.keysDir, `${keyIdFromPublicKey(publicKey)}.pem`);
  }

  /** For the first log's first start: the first key of the environment, or the first key's file, made when it is missing. */
  async takeFirst(): Promise<Signer> {
    const { firstKeyFile, passphrase } = this.settings;
    let signer = this.#environment[0] ?? null;
    if (signer === null && !(await hasKeyFile(firstKeyFile))) {
      signer = await makeFileSigner(() => firstKeyFile, passphrase);
    }
    signer ??= await openFileSigner(firstKeyFile, passphrase);
    await assertSignsRight(signer);
    return signer;
  }

  /** A new key, in a file of its own. */
  async make(): Promise<Signer> {
    const { passphrase } = this.settings;
    const signer = await makeFileSigner(({ publicKey }) => this.fileOf(publicKey), passphrase);
    await assertSignsRight(signer);
    return signer;
  }

  /** Takes over the key at `path`: where this process did not hold it yet, it is copied to the folder. */
  async take(path: string): Promise<Signer> {
    const { passphrase } = this.settings;
    const { publicKey } = await openFileSigner(path, passphrase);
    const held = await this.find(publicKey);
    if (held !== null) return held;
    await writeKeyFile(this.fileOf(publicKey), await readKeyFile(path, passphrase), passphrase);
    const taken = await this.find(publicKey);
    if (taken === null) throw new KeyError(`the key of ${path} could not be taken over`);
    return taken;
  }

  /** The signer of the key with this id, of the environment or the folder; null when there is none. */
  async findById(keyId: string): Promise<Signer | null> {
    const isIt = ({ publicKey }: Signer): boolean => keyIdFromPublicKey(publicKey) === keyId;
    const fromEnvironment = this.#environment.find(isIt);
    if (fromEnvironment !== undefined) return this.find(fromEnvironment.publicKey);
    bytesFromHex(keyId); // it becomes a file name
    const path = join(this.settings.keysDir, `${keyId}.pem`);
    if (!(await hasKeyFile(path))) return null;
    return this.find((await openFileSigner(path, this.settings.passphrase)).publicKey);
  }

  async #findInFolder(publicKey: Uint8Array): Promise<Signer | null> {
    const path = this.fileOf(publicKey);
    if (!(await hasKeyFile(path))) return null;
    const signer = await openFileSigner(path, this.settings.passphrase);
    if (equalBytes(signer.publicKey, publicKey)) return signer;
    throw new KeyError(`${path} is another key: ${hexFromBytes(signer.publicKey)}`);
  }

  async #findFirst(publicKey: Uint8Array): Promise<Signer | null> {
    const { firstKeyFile, passphrase } = this.settings;
    if (!(await hasKeyFile(firstKeyFile))) return null;
    const { ino, size, mtimeMs } = await stat(firstKeyFile);
    const file = `${ino} ${size} ${mtimeMs}`;
    if (this.#first?.file !== file) {
      const signer = await openFileSigner(firstKeyFile, passphrase);
      this.#first = { file, signer };
    }
    return equalBytes(this.#first.signer.publicKey, publicKey) ? this.#first.signer : null;
  }
}

async function assertSignsRight(signer: Signer): Promise<void> {
  if (!verifyEd25519(await signer.sign(PROBE), PROBE, signer.publicKey)) {
    throw new KeyError('the signing key does not make signatures that verify');
  }
}
