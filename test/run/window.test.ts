import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openRun, type RunRequest, reopenRun, SwitcharooError} from 'switcharoo';
import {afterAll, beforeEach, describe, expect, test} from 'vitest';
import {windowAt, windowShape} from '../../src/inventory/window.ts';
import {readJournal} from '../../src/journal/read-journal.ts';

describe('a window', () => {
  const window = windowShape.parse({
    from: '2026-12-05T02:00',
    until: '2027-01-10T05:00',
    timeZone: 'Europe/Berlin',
    freezes: [{from: '2026-12-20', until: '2027-01-06', because: 'the Christmas trade'}],
  });
  test.for([
    ['2026-12-05T00:59:59Z', false, 'opens at 2026-12-05 02:00 Europe/Berlin (01:00 UTC)'],
    [
      '2026-12-05T01:00:00Z',
      true,
      'open until 2026-12-20 00:00 Europe/Berlin (2026-12-19 23:00 UTC)',
    ],
    [
      '2026-12-19T23:00:00Z',
      false,
      'until 2027-01-06 00:00 Europe/Berlin (2027-01-05 23:00 UTC): the Christmas trade.',
    ],
    ['2027-01-05T23:00:00Z', true, 'open until 2027-01-10 05:00 Europe/Berlin (04:00 UTC)'],
    ['2027-01-10T04:00:00Z', false, 'closed at 2027-01-10 05:00 Europe/Berlin (04:00 UTC)'],
  ] as const)('at %s', ([now, isOpen, text]) => {
    const state = windowAt(window, new Date(now));
    expect(state.isOpen).toBe(isOpen);
    expect(state.text).toContain(text);
  });

  test.for([
    [{from: '2026-03-29T02:30', timeZone: 'Europe/Berlin'}, 'is not one moment'],
    [{from: '2026-10-25T02:30', timeZone: 'Europe/Berlin'}, 'is not one moment'],
    [{from: '2026-03-02', until: '2026-03-01'}, '2026-03-01 is not after 2026-03-02'],
    [{from: '2026-03-02T02:00Z'}, 'a time without a zone'],
    [{timeZone: 'Europe/Bern'}, 'the name of a time zone'],
  ] as const)('is refused: %j', ([written, reason]) => {
    expect(windowShape.safeParse(written).error?.message).toContain(reason);
  });
});

describe('a run of an inventory with a window', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-window-'));
  afterAll(() => rmSync(folder, {recursive: true, force: true}));
  const page = join(folder, 'maintenance.html');
  const runbook = 'docs/examples/maintenance.ts';
  const inventory = join(folder, 'windowed.yaml');
  const own = readFileSync('docs/examples/maintenance.yaml', 'utf8');
  const withWindow = (text: string) => writeFileSync(inventory, `${own}window: ${text}\n`);
  const [past, future] = ['{until: 2020-01-01}', '{until: 2100-01-01}'];

  let stateFolder: string;
  beforeEach(() => {
    process.env['MAINTENANCE_FILE'] = page;
    rmSync(page, {force: true});
    stateFolder = mkdtempSync(join(folder, 'state-'));
  });

  async function go(request: Partial<RunRequest> = {}) {
    const run = await openRun({runbook, inventory, stateFolder, yes: true, ...request});
    try {
      const result = await run.forward(await run.plan());
      return {name: run.name, kind: result.kind, remarks: run.remarks};
    } finally {
      await run.close();
    }
  }

  const started = (name: string) =>
    readJournal(join(stateFolder, name, 'journal.jsonl')).entries[0];

  test('does not start outside it, and changes nothing', async () => {
    withWindow(past);
    const error: unknown = await go().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(SwitcharooError);
    expect((error as SwitcharooError).problem).toMatchObject({
      code: 'outside-window',
      message: expect.stringContaining('The window closed at 2020-01-01 00:00 UTC.'),
    });
  });

  test('starts for a reason that is journaled', async () => {
    withWindow(past);
    const {name} = await go({outsideWindow: 'the change board agreed by phone'});
    expect(started(name)).toMatchObject({outsideWindow: 'the change board agreed by phone'});
  });

  test('must be accepted by its end, and can be reversed after it', async () => {
    withWindow(future);
    const {name} = await go();
    expect(started(name)).toMatchObject({decideByUtc: '2100-01-01T00:00:00.000Z'});
    withWindow(past);
    const run = await reopenRun({run: name, stateFolder, yes: true});
    try {
      expect(await run.reverse(await run.planReversal(null))).toMatchObject({kind: 'reversed'});
    } finally {
      await run.close();
    }
  });
});
