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

test.skipIf(mysqlClients.missing)(
  'an empty Aurora is copied to while clients write on the source, follows, is equal, and is empty again',
  async () => {
    const words = ['rehearse', 'runbooks/first-copy.ts', '--clients', '2', '--json'];
    const ended = await desk.run(...words, '--reverse-at', 'equal');
    expect(ended).toMatchObject({code: 0, stderr: ''});
    const report = lastDocument(ended);
    expect(report).toMatchObject({
      outcome: 'reversed',
      outageMs: 0,
      writes: {lost: 0, duplicated: 0},
      stands: [],
    });
    const undone = report.entries.filter(({state}: {state: string}) => state === 'reversed');
    expect(undone.map(({id}: {id: string}) => id)).toEqual(['seed', 'replicate']);
  },
  120_000,
);
