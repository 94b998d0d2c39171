/** One good package and its key, for `selftest`: the fixture valid-delivered (a test compares). @module */

export const VECTOR_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
/** The text of the package. */
export const VECTOR_TEXT: string = JSON.stringify({
  format: 'kapsel.proof/v1',
  delivery_attempt_id: 'dce26106-671c-88dc-8aaf-606ce3a8e7bb',
  leaf_data:
    '{"type":"kapsel.delivery/v1","log":"log.kapsel.example/t1","delivery_attempt_id":"dce26106-671c-88dc-8aaf-606ce3a8e7bb","event_id":"83f7ef85-cb0d-8e50-a4ff-823f62961cc1","endpoint_id":"b6bf7bc8-d96f-8ea9-9132-c83b3da8e776","endpoint_url":"https://example.com/webhook","attempt_number":1,"payload_hash":"f8c29732888cff5995689ee68477041a70ea612423e68cc078e02519d5021a34","payload_size":9,"attempted_at":"2026-01-15T10:30:45.000Z","completed_at":"2026-01-15T10:30:45.120Z","outcome":"delivered","response_status":200,"response_hash":"2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df","error":null,"receipt_hash":null,"commitments":null}',
  leaf_hash: '5b0a0c577559e747222d5808caeb1571df53114440dc66e640348299a6ffd890',
  inclusion_proof: {
    leaf_hash: '5b0a0c577559e747222d5808caeb1571df53114440dc66e640348299a6ffd890',
    leaf_index: 5,
    tree_size: 7,
    proof_hashes: [
      'e517415a4fba5b1b8cac7ecf346d2187fef05925b7dd4819aa0669aa114973fe',
      '470ab56adeace3e2fd32276b03e215e43aaff8f2ec6b927e7a8e6bb55f466ace',
      'a0912e3b060eda00646175756c92de64ff787578ebb1af041cd56dad1f6ad472',
    ],
    root_hash: '06901531ae3829dbb8c56430367c131e960f3144eff18f250ac2a7f60ba3aec4',
  },
  signed_tree_head: {
    tree_size: 7,
    root_hash: '06901531ae3829dbb8c56430367c131e960f3144eff18f250ac2a7f60ba3aec4',
    timestamp: 1768473060000,
    signature:
      'c6d317ea5d570075a28d5f87e3d5a9bf6eda4ff28f90eaabcc84fa7cebeffec0724a64ebed2e2ab36172cdf0d1b6b9d0dcd224f6d611eafe9b22a3e114c74d02',
    public_key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    sth_id: 'a7a53744-382b-8ebb-9fb8-97faa0d9d749',
    log: 'log.kapsel.example/t1',
    checkpoint:
      'log.kapsel.example/t1\n7\nBpAVMa44Kdu4xWQwNnwTHpYPMUTv8Y8lCsKn9gujrsQ=\n\n— log.kapsel.example/t1 aUKw1x0OrZEjgRSV6UnEA7sk0FriiILrHDFmsxli8HKOBJDUUpbQAuGwbduLeSw9bOPl1FFQ++AwlIul+UAz8IMQVgk=\n',
  },
});
/** A moment at which it is checked. */
export const VECTOR_NOW_MS: number = Date.UTC(2026, 0, 30, 10, 31, 0);
