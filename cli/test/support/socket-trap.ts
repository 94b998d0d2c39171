/** A module that a program is started with: whatever opens a socket or asks a name server leaves the file `attempt`, and throws. @module */

/** With `TRY=1` it is sprung at once, which shows that it works. */
export const SOCKET_TRAP = `
  import net from 'node:net'; import dns from 'node:dns'; import dgram from 'node:dgram';
  import http from 'node:http'; import https from 'node:https'; import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const refuse = (what) => () => { fs.writeFileSync('attempt', what); throw new Error(what); };
  net.Socket.prototype.connect = refuse('connect'); net.connect = net.createConnection = refuse('net');
  net.Server.prototype.listen = refuse('listen'); dgram.createSocket = refuse('dgram');
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) dns[name] = refuse(name);
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) dns.promises[name] = refuse(name);
  http.request = http.get = https.request = https.get = refuse('http'); globalThis.fetch = refuse('fetch');
  syncBuiltinESMExports();
  if (process.env.TRY === '1') fetch('http://127.0.0.1:9');
`;
