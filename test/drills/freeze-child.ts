import {setTimeout as sleep} from 'node:timers/promises';
import {openWritesInRing} from '../../steps/aurora/open-writes-in-ring.ts';
import {auroraCluster} from '../../steps/aurora/target.ts';
import {freezeInRing} from '../../steps/mysql/freeze-in-ring.ts';
import {mysqlServer} from '../../steps/mysql/target.ts';
import {passwords} from '../lab/mysql/databases.ts';
import {lookOf, type Placed, performAll} from '../steps/mysql/placed-unit.ts';

// Freezes a source and opens Aurora, with the steps of the cutover; it is killed somewhere in it.

const [sourcePort = '', auroraPort = '', boundSeconds = '', waitMs = '', started = ''] =
  process.argv.slice(2);
const {signal} = new AbortController();
const source = await mysqlServer.open(
  {
    ...{host: '127.0.0.1', port: Number(sourcePort)},
    user: 'switcharoo',
    password: passwords.switcharoo,
  },
  {name: 'source', signal},
);
const aurora = await auroraCluster.open(
  {host: '127.0.0.1', port: Number(auroraPort), user: 'admin', password: passwords.admin} as never,
  {name: 'aurora', signal},
);
const freeze: Placed = {
  ...{id: 'freeze', unit: freezeInRing},
  on: {source, aurora},
  input: {
    endSessions: false,
    watchMs: 0,
    lockWaitSeconds: 1,
    endsItselfAfterSeconds: Number(boundSeconds),
  },
};
const open: Placed = {
  ...{id: 'open', unit: openWritesInRing},
  on: {source, aurora},
  input: {endSessions: false},
};
process.stdout.write('ready\n');
if (started === '') {
  await performAll(freeze, await freezeInRing.plan(lookOf(freeze), undefined as never));
  // As long as the members of the ring need to catch up.
  await sleep(Number(waitMs));
}
await performAll(
  open,
  await openWritesInRing.plan(lookOf(open, started !== ''), undefined as never),
);
process.stdout.write('open\n');
await Promise.all([source.close(), aurora.close()]);
