/** Reads the text of a hosts file: which addresses the machine's owner gave to a name. hosts(5). @module */
import { isIP } from 'node:net';

/** Names in lower case, each with its addresses in the order of the lines. Lines that are not understood are passed over, as the system does. */
export function parseHostsFile(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), address]);
    }
  }
  return hosts;
}
