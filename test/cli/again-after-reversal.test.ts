import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {mysqlClients} from '../lab/mysql/server-kinds.ts';
import {onAurora} from './lab-values.ts';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeAll(async () => {
  desk = openDesk();
  expect((await desk.run('lab', 'up', '--clients', '2')).code).toBe(0);
});
afterAll(() => desk.clear());

const done = async (...words: readonly string[]): Promise<Ended> => {
  const ended = await desk.run(...words);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended;
};

const cutOver = () => done('run', 'warm-cutover', '-i', 'lab', '--yes', '--until', 'cut-over');

async function expectNothingLost(inCharge: 'source' | 'aurora'): Promise<void> {
  const {writes, ...count} = lastDocument(await desk.run('lab', 'count', '--json'));
  expect(count).toMatchObject({inCharge});
  expect(writes).toMatchObject({lost: 0, duplicated: 0});
  expect(writes.acknowledged).toBeGreaterThan(0);
}

describe('run, reverse, and run again in the same environment, while clients write', () => {
  test('after a reversal to each checkpoint, resume cuts over again', async () => {
    await cutOver();
    for (const checkpoint of ['replicating', 'prepared']) {
      await done('reverse', '--to', checkpoint, '--yes');
      await expectNothingLost('source');
      await done('resume', '--yes', '--until', 'cut-over');
      await expectNothingLost('aurora');
    }
    await done('reverse', '--yes');
    await expectNothingLost('source');
  });

  test('after a reversal to the start, a new run continues from where Aurora was', async () => {
    const {run} = lastDocument(await desk.run('status', '--json', '--offline'));
    const {stdout} = await done('plan', 'warm-cutover', '-i', 'lab', '--details');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`, where run ${run} stopped`);
    await cutOver();
    await expectNothingLost('aurora');
    await done('reverse', '--yes');
    await expectNothingLost('source');
  });

  test.skipIf(mysqlClients.missing)(
    'after a write on Aurora it is refused before anything is changed, until the data is copied again',
    async () => {
      const {run} = lastDocument(await desk.run('status', '--json', '--offline'));
      await onAurora(desk, "INSERT INTO shop.orders (token) VALUES ('on Aurora alone')");
      const refused = await desk.run('run', 'warm-cutover', '-i', 'lab', '--yes');
      expect(refused.code, refused.stdout + refused.stderr).toBe(3);
      const words = refused.stderr.replaceAll(/\s+/g, ' ');
      expect(words).toContain(
        `for run ${run}, which was reversed. It cannot continue there: aurora was written to`,
      );
      expect(words).toContain('run first-copy -i');
      expect(lastDocument(await desk.run('status', '--json', '--offline'))).toMatchObject({
        run,
        outcome: 'reversed',
      });

      await onAurora(desk, 'DROP DATABASE shop');
      await done('run', 'first-copy', '-i', 'lab', '--yes');
      await cutOver();
      await expectNothingLost('aurora');
      // Without the systems, a status says what the journal knows, and that nobody could be asked.
      await done('lab', 'down');
      expect(lastDocument(await done('status', '--json'))).toMatchObject({
        reversal: {lossless: 'unknown'},
      });
    },
  );
});
