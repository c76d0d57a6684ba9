import {afterAll, beforeAll, expect, test} from 'vitest';
import {onAurora} from './lab-values.ts';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/seamless-cutover.ts';

let desk: Desk;
beforeAll(async () => {
  desk = openDesk();
  await done('lab', 'up', '--clients', '8');
});
afterAll(() => desk.clear());

const done = async (...words: readonly string[]): Promise<Ended> => {
  const ended = await desk.run(...words);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended;
};

async function expectNothingLost(inCharge: 'source' | 'aurora'): Promise<void> {
  const {writes, ...count} = lastDocument(await desk.run('lab', 'count', '--json'));
  expect(count).toMatchObject({inCharge});
  expect(writes).toMatchObject({lost: 0, duplicated: 0});
}

test('with a ring the cutover is made, reversed and made again, and a write on Aurora before it is named', async () => {
  await done('run', runbook, '-i', 'lab', '--yes', '--until', 'cut-over');
  await expectNothingLost('aurora');
  await done('reverse', '--to', 'replicating', '--yes');
  await expectNothingLost('source');
  const {stdout: intact} = await done('status');
  expect(intact).toContain('The ring source > replica > aurora > source runs.');
  expect(intact).toContain('aurora has no write of its own since mysql-bin-changelog.');
  // Not the next id: the clients take that one on the source.
  await onAurora(
    desk,
    "INSERT INTO shop.orders (id, token, client, side) VALUES (900000, 'accident', 1, 'test')",
  );
  expect((await done('status')).stdout).toContain('aurora was written to once after');
  const refused = await desk.run('resume', '--yes', '--until', 'cut-over');
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toMatch(
    /aurora\s+was\s+written\s+to\s+once\s+after\s+mysql-bin-changelog/,
  );
  await expectNothingLost('source');
  // The row is on the source too. Armed again, the ring begins after it.
  await done('reverse', '--yes');
  await done('run', runbook, '-i', 'lab', '--yes');
  await expectNothingLost('aurora');
});
