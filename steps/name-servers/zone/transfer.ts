import {connect} from 'node:net';
import type {ZoneRecord} from '../records/rdata.ts';
import {hostAndPort} from '../wire/exchange.ts';
import {questionMessage, readMessage} from '../wire/message.ts';
import {rcodeName} from '../wire/rcodes.ts';
import {signed, type TsigKey, TsigVerifier} from '../wire/tsig.ts';

const idleMs = 5_000;
/** More than any hosted zone may hold, so that a server cannot fill the memory of this machine. */
const mostBytes = 256 * 1_024 * 1_024;
/** A whole zone from one server, in its order, the SOA first (RFC 5936). The message of an error is the reason. */
export async function transferred(
  server: string,
  domain: string,
  {tsig, signal}: {readonly tsig?: TsigKey | undefined; readonly signal: AbortSignal},
): Promise<readonly ZoneRecord[]> {
  const query = questionMessage({name: domain, type: 'AXFR'}, {recursive: false, edns: false});
  const {message, mac} = tsig
    ? signed(query, tsig, Date.now())
    : {message: query, mac: Buffer.alloc(0)};
  const verifier = tsig && new TsigVerifier(tsig, mac);
  const records: ZoneRecord[] = [];
  for await (const reply of messagesFrom(server, message, signal)) {
    const {id, rcode, answers, lastRecordAt} = readMessage(reply);
    if (id !== query.readUInt16BE(0)) {
      throw new Error('it answers another question');
    }
    verifier?.take(reply, lastRecordAt, Date.now());
    if (rcode !== 0) {
      throw new Error(`it answers ${rcodeName(rcode)}`);
    }
    records.push(...answers);
    if (records[0]?.type !== 'SOA') {
      throw new Error('its reply does not begin with the SOA record of the zone');
    }
    if (records.length > 1 && records.at(-1)?.type === 'SOA') {
      verifier?.end();
      return records.slice(0, -1);
    }
  }
  throw new Error('it closed the connection before the end of the zone');
}

/** The messages of one connection. It is closed when the consumer stops. */
async function* messagesFrom(
  server: string,
  query: Buffer,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const socket = connect(hostAndPort(server));
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener('abort', abort, {once: true});
  socket.setTimeout(idleMs, () =>
    socket.destroy(new Error(`no answer within ${idleMs / 1_000} s`)),
  );
  try {
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
    let received = Buffer.alloc(0);
    let total = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > mostBytes) {
        throw new Error(`it sends more than ${mostBytes} bytes`);
      }
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const end = received.readUInt16BE(0) + 2;
        yield Buffer.from(received.subarray(2, end));
        received = received.subarray(end);
      }
    }
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}
