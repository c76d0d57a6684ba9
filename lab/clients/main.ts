import {openLedger} from './ledger.ts';
import type {Answer, ClientsReport, Command} from './protocol.ts';
import {keepReading} from './reader.ts';
import {Tally} from './tally.ts';
import {keepWriting} from './writer.ts';

// The clients of the lab: they write the whole time, and keep a ledger of every acknowledged write. Some read beside
// it.

const {
  CLIENTS = '6',
  READERS = '0',
  NAME = 'www.shop.test',
  PORT = '80',
  RESOLVER = '127.0.0.1:53',
  LEDGER = 'ledger.tsv',
  FROM = '127.0.0.',
} = process.env;
const firstHost = 200;
const slowUploadMs = 400;

const tally = new Tally();
const ledger = openLedger(LEDGER);
const stopping = new AbortController();
const gate = createGate();

const newest = new Map<number, string>();

/**
 * Half of them keep their connection, as browsers do; half open a new one each time. One of six uploads slowly.
 */
const kindOf = (client: number) => ({
  keepAlive: client % 2 === 0,
  uploadMs: client % 6 === 4 ? slowUploadMs : 0,
});

const visitor = (client: number) => ({
  name: NAME,
  port: Number(PORT),
  resolver: RESOLVER,
  localAddress: `${FROM}${firstHost + client}`,
  ...kindOf(client),
  signal: stopping.signal,
  go: gate.pass,
});

const writers = Array.from({length: Number(CLIENTS)}, (_, client) =>
  keepWriting({
    ...visitor(client),
    client,
    tell: (outcome, token) => {
      if (outcome.kind === 'acknowledged') {
        const {side = 'unnamed', endedMs} = outcome;
        ledger.append({token, client, side, atUtc: new Date(endedMs).toISOString()});
        newest.set(client, token);
      }
      tally.add(outcome);
    },
  }),
);
const readers = Array.from({length: Number(READERS)}, (_, client) =>
  keepReading({
    ...visitor(client),
    client,
    newest: () => newest.get(client),
    tell: (read) => tally.addRead(read),
  }),
);
const all = [...writers, ...readers];

process.on('message', async (message) => {
  const {id, command, windows} = message as Command; // The lab sends nothing else.
  const report = await obey(command, windows);
  process.send?.({id, report} satisfies Answer, () => command === 'stop' && process.exit(0));
});
// Without the lab there is nobody to write for.
process.once('disconnect', () => void end().then(() => process.exit(0)));
process.once('SIGTERM', () => void end().then(() => process.exit(0)));

async function obey(
  command: Command['command'],
  windows: Command['windows'],
): Promise<ClientsReport> {
  switch (command) {
    case 'pause':
      await gate.close(all.length);
      break;
    case 'resume':
      gate.open();
      break;
    case 'stop':
      await end();
      break;
    case 'report':
  }
  return tally.report(Date.now(), windows);
}

async function end(): Promise<void> {
  stopping.abort();
  gate.open();
  await Promise.all(all);
}

/** While open, writers pass at once. While closed, they wait; `close` resolves once all of them wait. */
function createGate() {
  let waiting: (() => void)[] = [];
  let isClosed = false;
  let allWait = () => {};
  let expected = 0;
  return {
    pass: async () => {
      if (isClosed) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === expected) {
            allWait();
          }
        });
      }
    },
    close: (count: number) => {
      isClosed = true;
      expected = count;
      return new Promise<void>((resolve) => {
        allWait = resolve;
        if (waiting.length === count) {
          resolve();
        }
      });
    },
    open: () => {
      isClosed = false;
      const released = waiting;
      waiting = [];
      for (const release of released) {
        release();
      }
    },
  };
}
