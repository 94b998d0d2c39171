/** An anchor that a calendar has promised to bring into a block, written straight into the table. @module */
import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { encodeFile, pendingAttestation, sha256 } from '../../../test/support/ots-writer.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import type { LogId } from '../../src/base/ids.ts';

export async function insertPendingAnchor(pool: Pool, logId: LogId, head: TreeHead): Promise<void> {
  const note = Buffer.from(head.checkpoint);
  const nonce = randomBytes(16);
  const ots = encodeFile(sha256(note), {
    ways: [
      {
        steps: [['append', nonce], ['sha256']],
        end: { attestations: [pendingAttestation('https://calendar.example')] },
      },
    ],
  });
  await pool.query(
    `INSERT INTO anchors (log_id, tree_size, sth_id, note, nonce, ots, status, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'pending', now())`,
    [logId, head.treeSize, head.id, note, nonce, ots],
  );
}
