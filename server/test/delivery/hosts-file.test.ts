/** The text of a hosts file, as systems write it. @module */
import { describe, expect, it } from 'vitest';
import { parseHostsFile } from '../../src/delivery/hosts-file.ts';

describe('parseHostsFile', () => {
  it('reads names, aliases, both families and comments', () => {
    const hosts = parseHostsFile(
      [
        '# the machine',
        '127.0.0.1\tlocalhost',
        '10.1.2.3  Receiver.internal receiver # alias',
        'fd00::7 receiver',
        '',
        '   10.1.2.4 indented\r',
      ].join('\n'),
    );
    expect(hosts.get('receiver')).toEqual(['10.1.2.3', 'fd00::7']);
    expect(hosts.get('receiver.internal')).toEqual(['10.1.2.3']);
    expect(hosts.get('indented')).toEqual(['10.1.2.4']);
    expect(hosts.get('alias')).toBeUndefined();
    expect(hosts.size).toBe(4);
  });

  it('passes over lines that begin with no address', () => {
    expect(parseHostsFile('receiver 10.1.2.3\n127.1 short\n#10.0.0.1 off\n10.0.0.2').size).toBe(0);
  });
});
