import {afterEach, beforeEach, expect, test} from 'vitest';
import {mysqlClients} from '../lab/mysql/server-kinds.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

if (mysqlClients.missing) {
  console.warn(`SKIPPED: the first copy in the lab: ${mysqlClients.missing}`);
}

/** All the way, and back again, while clients write on the source: what was put back. */
async function thereAndBack(runbook: string): Promise<readonly string[]> {
  const words = ['rehearse', runbook, '--clients', '2', '--json', '--reverse-at', 'equal'];
  const ended = await desk.run(...words);
  expect(ended, ended.stdout).toMatchObject({code: 0, stderr: ''});
  const report = lastDocument(ended);
  expect(report, JSON.stringify({...report, entries: []})).toMatchObject({
    outcome: 'reversed',
    outageMs: 0,
    writes: {lost: 0, duplicated: 0},
    applied: [],
  });
  return report.entries
    .filter(({state}: {state: string}) => state === 'reversed')
    .map(({id}: {id: string}) => id);
}

test.skipIf(mysqlClients.missing)(
  'an empty Aurora is copied to, follows, is equal, and is empty again',
  async () => {
    expect(await thereAndBack('runbooks/first-copy.ts')).toEqual(['seed', 'replicate']);
  },
);

test('a cluster is made of a backup, follows, is equal, and is gone again', async () => {
  const undone = await thereAndBack('runbooks/first-copy-from-s3.ts');
  expect(undone).toEqual(['restore', 'replicate']);
});
