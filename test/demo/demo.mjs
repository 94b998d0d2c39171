// @ts-check
/** `npm run demo`: one webhook from its arrival to its verified proof, with real processes. @module */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { onInterrupt, run, start, stopAll, waitFor } from './processes.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SERVER = join(ROOT, 'server/dist/main.js');
const VERIFIER = join(ROOT, 'cli/dist/kapsel-verify.cjs');
const PAGE = join(ROOT, 'web-verifier/dist/kapsel-verify.html');
const RECEIVER = join(ROOT, 'test/demo/receiver.mjs');
const PATIENCE_MS = 30_000;

const PAYLOAD = JSON.stringify({
  type: 'invoice.paid',
  invoice: 'in_1042',
  amount: 4200,
  currency: 'EUR',
});

/** @param {string} line */
function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/** @param {number} number @param {string} line */
function step(number, line) {
  say(`${process.stdout.isTTY ? `\x1b[1m[${number}/7]\x1b[0m` : `[${number}/7]`} ${line}`);
}

/** @param {string} line */
function detail(line) {
  say(`      ${line}`);
}

/** @param {string} text */
function show(text) {
  for (const line of text.trimEnd().split('\n')) detail(`| ${line}`);
}

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'demo-output') },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  say(
    'npm run demo [-- --out DIR]   the whole journey of one webhook; files go to DIR (default: demo-output)',
  );
  process.exit(0);
}
// Where the person stands: npm runs this in its own folder.
const here = process.env.INIT_CWD ?? process.cwd();
const out = resolve(here, options.out ?? '');

const scratch = await mkdtemp(join(tmpdir(), 'kapsel-demo-'));
// PostgreSQL does not run as root: the user that it runs as has to get to its folder.
await chmod(scratch, 0o711);
/** @type {Promise<void> | null} */
let cleaning = null;
// An interrupt and the end of what it interrupts come here one after the other.
const cleanUp = () => {
  // A database whose server was killed needs a moment more, and writes until then.
  const patiently = { recursive: true, force: true, maxRetries: 20 };
  cleaning ??= stopAll().then(() => rm(scratch, patiently));
  return cleaning;
};
onInterrupt(cleanUp);

try {
  await demo();
} catch (error) {
  // After an interrupt, what fails is not what went wrong, and the exit code is another.
  if (cleaning === null) {
    say();
    say(`The demo failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
} finally {
  await cleanUp();
}

async function demo() {
  say('Kapsel demo: one webhook, from its arrival to a proof that needs nobody’s word.');
  say();
  await mkdir(out, { recursive: true });

  step(1, 'Starting a receiver and a server, each a process of its own, on free ports');
  const receiver = start('receiver', RECEIVER, {});
  const { port } = JSON.parse(await receiver.line(/"port"/, PATIENCE_MS));
  const server = start('server', SERVER, {
    KAPSEL_DATA: join(scratch, 'data'),
    KAPSEL_PORT: '0',
    // The receiver is on this machine: both are closed unless an operator opens them.
    KAPSEL_EGRESS_ALLOW: '127.0.0.1',
    KAPSEL_ALLOW_HTTP: '1',
    KAPSEL_LOG_LEVEL: 'warn',
  });
  const url = fieldOf(await server.line(/^ *URL /, PATIENCE_MS));
  const publicKey = fieldOf(await server.line(/^ *Public key /, PATIENCE_MS));
  const apiKey = fieldOf(await server.line(/^ *API key /, PATIENCE_MS));
  const api = apiOf(url, apiKey);
  detail(`server   ${url}`);
  detail(`receiver http://127.0.0.1:${port}`);
  detail(`log key  ${publicKey}`);

  step(2, 'A webhook comes in: POST /ingest/{endpoint_id}');
  const destination = JSON.stringify({ url: `http://127.0.0.1:${port}/webhook` });
  const { id: endpointId } = JSON.parse(await api('POST', '/v1/endpoints', destination));
  const eventId = await ingest(api, endpointId);
  detail(`202 Accepted, event ${eventId}: stored before the answer left`);

  step(3, 'It is delivered; the receiver says what it got');
  const received = JSON.parse(await receiver.line(/sha256/, PATIENCE_MS));
  detail(`${received.method} ${received.path}, ${received.size} bytes, SHA-256 ${received.sha256}`);

  step(4, 'The attempt becomes a leaf, and the log signs a tree head over it');
  const { attempt, text: firstText } = await proofOf(api, eventId);
  const first = JSON.parse(firstText);
  const oldHead = first.signed_tree_head;
  detail(
    `leaf ${first.inclusion_proof.leaf_index} of ${oldHead.tree_size}, outcome ${attempt.outcome}, HTTP ${attempt.response_status}`,
  );
  detail(`root ${oldHead.root_hash}`);

  step(5, 'Three more webhooks; the new head provably begins with the old tree');
  const others = [];
  for (let i = 0; i < 3; i++) others.push(await ingest(api, endpointId));
  for (const other of others) await proofOf(api, other);
  const newHead = JSON.parse(await api('GET', '/attestation/sth'));
  const sizes = `old_size=${oldHead.tree_size}&new_size=${newHead.tree_size}`;
  const consistency = JSON.parse(await api('GET', `/attestation/consistency-proof?${sizes}`));
  detail(
    `size ${consistency.old_size} -> ${consistency.new_size}, ${consistency.proof_hashes.length} hashes`,
  );

  // The same leaf under the newer head: now its path has hashes to walk.
  const proofText = await api('GET', attempt.proof_url);
  const files = {
    proof: await save('proof.kapsel.json', proofText),
    tampered: await save('tampered.kapsel.json', JSON.stringify(tamper(JSON.parse(proofText)))),
    key: await save('public-key.hex', `${publicKey}\n`),
    old: await save('sth-old.json', JSON.stringify(oldHead, null, 2)),
    new: await save('sth-new.json', JSON.stringify(newHead, null, 2)),
    consistency: await save('consistency.json', JSON.stringify(consistency, null, 2)),
  };
  // From here on nobody is asked any more: the server and its database are gone.
  await stopAll();

  step(6, 'The server is stopped. The proof is verified offline, by another process');
  const good = await verify(short(files.proof), publicKey);
  detail(`$ kapsel-verify --proof ${short(files.proof)} --public-key ${publicKey.slice(0, 8)}…`);
  show(good.stdout + good.stderr);
  if (good.code !== 0) throw new Error(`kapsel-verify ended with ${good.code}`);

  step(7, 'One byte of the proof is changed: the payload’s hash');
  const bad = await verify(short(files.tampered), publicKey);
  detail(`$ kapsel-verify --proof ${short(files.tampered)} --public-key ${publicKey.slice(0, 8)}…`);
  show(bad.stdout + bad.stderr);
  if (bad.code !== 1)
    throw new Error(`kapsel-verify ended with ${bad.code} on a changed proof, want 1`);

  say();
  say('Verify it yourself:');
  say(`  node ${short(VERIFIER)} --proof ${short(files.proof)} --public-key ${publicKey}`);
  say(
    `  node ${short(VERIFIER)} consistency ${short(files.old)} ${short(files.new)} --proof ${short(files.consistency)} --public-key ${publicKey}`,
  );
  say(`  open ${short(PAGE)} in a browser and drop ${short(files.proof)} on it`);
  say('No process is left running.');
}

/** @param {string} line */
function fieldOf(line) {
  return line.trim().split(/\s{2,}/)[1] ?? '';
}

/** @param {string} url @param {string} apiKey */
function apiOf(url, apiKey) {
  /** @param {string} method @param {string} path @param {string} [body] @returns {Promise<string>} */
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  };
}

/** @typedef {ReturnType<typeof apiOf>} Api */

/** Sends one webhook in, as its source would; answers the event's id. @param {Api} api @param {string} endpointId @returns {Promise<string>} */
async function ingest(api, endpointId) {
  return JSON.parse(await api('POST', `/ingest/${endpointId}`, PAYLOAD)).event_id;
}

/** @param {Api} api @param {string} eventId */
async function proofOf(api, eventId) {
  return waitFor(`the proof of event ${eventId}`, PATIENCE_MS, async () => {
    const attempt = JSON.parse(await api('GET', `/v1/events/${eventId}`)).attempts.at(-1);
    if (attempt === undefined || attempt.outcome === null) return null;
    try {
      return { attempt, text: await api('GET', attempt.proof_url) };
    } catch (error) {
      // The leaf is settled, its head is not signed yet.
      if (error instanceof Error && error.message.includes('not_yet_committed')) return null;
      throw error;
    }
  });
}

/** Changes one hex digit of the payload hash inside the leaf's text. @param {any} proof */
function tamper(proof) {
  const leafData = proof.leaf_data.replace(
    /("payload_hash":")(.)/,
    (/** @type {string} */ _all, /** @type {string} */ before, /** @type {string} */ digit) =>
      before + (digit === '0' ? '1' : '0'),
  );
  return { ...proof, leaf_data: leafData };
}

/** The command as the person would type it. @param {string} file @param {string} publicKey */
function verify(file, publicKey) {
  return run(VERIFIER, ['--proof', file, '--public-key', publicKey], here);
}

/** @param {string} name @param {string} text */
async function save(name, text) {
  const path = join(out, name);
  await writeFile(path, text);
  return path;
}

/** @param {string} path */
function short(path) {
  const fromHere = relative(here, path);
  return fromHere.startsWith('..') ? path : fromHere;
}
