import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openRun, type RunRequest, reopenRun, SwitcharooError} from 'switcharoo';
import {afterAll, beforeEach, describe, expect, test} from 'vitest';
import {createSsm} from '../../lab/aws/ssm.ts';
import {windowAt, windowShape} from '../../src/inventory/window.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {credentials, started} from '../lab/aws/started.ts';

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
      const plan = await run.plan();
      const {remarks} = run;
      const result = await run.forward(plan);
      return {name: run.name, kind: result.kind, remarks};
    } finally {
      await run.close();
    }
  }

  const firstOf = (name: string) =>
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
    expect(firstOf(name)).toMatchObject({outsideWindow: 'the change board agreed by phone'});
  });

  test('asks its change calendar: closed, it is refused until the calendar opens, and open, by its end', async () => {
    const ssm = createSsm({parameters: {}});
    await using lab = await started(ssm);
    const arn = 'arn:aws:ssm:us-east-1:123456789012:document/freeze';
    const target = {
      kind: 'change-calendar',
      calendar: arn,
      endpoint: lab.endpoint.url,
      credentials,
    };
    const targets = `targets:\n  freeze: ${JSON.stringify(target)}\n`;
    const text = `${own.replace(/^targets:\n/m, targets)}window: {calendar: freeze}\n`;
    writeFileSync(inventory, text);
    const refusal = async () => {
      const error: unknown = await go().catch((cause: unknown) => cause);
      return (error as SwitcharooError).problem;
    };
    ssm.setCalendar(arn, {state: 'CLOSED', nextTransitionTime: '2100-01-06T05:00:00Z'});
    expect(await refusal()).toMatchObject({
      code: 'outside-window',
      message: expect.stringContaining(
        `The change calendar ${arn} is closed until 2100-01-06 05:00 UTC.`,
      ),
    });
    lab.endpoint.faults.add({service: 'ssm', kind: 'deny', times: 10});
    expect(await refusal()).toMatchObject({
      code: 'calendar-unknown',
      message: expect.stringContaining(
        'It is not known whether the change calendar freeze is open: AWS does not allow this call',
      ),
      hint: expect.stringContaining('--outside-window'),
    });
    const {name: reasoned} = await go({outsideWindow: 'the board agreed'});
    expect(firstOf(reasoned)).toMatchObject({outsideWindow: 'the board agreed'});
    lab.endpoint.faults.clear();
    rmSync(page, {force: true});
    ssm.setCalendar(arn, {state: 'OPEN', nextTransitionTime: '2100-01-01T00:00:00Z'});
    stateFolder = mkdtempSync(join(folder, 'state-'));
    const {name, remarks} = await go();
    expect(remarks).toContain(
      `The window is open until 2100-01-01 00:00 UTC, when the change calendar ${arn} closes.`,
    );
    expect(firstOf(name)).toMatchObject({decideByUtc: '2100-01-01T00:00:00.000Z'});
  });

  test('is asked again right before visitors wait, and never while they do', async () => {
    const ssm = createSsm({parameters: {}});
    await using lab = await started(ssm);
    const {url: endpoint} = lab.endpoint;
    const calendar = 'arn:aws:ssm:us-east-1:123456789012:document/freeze';
    const target = {kind: 'change-calendar', calendar, endpoint, credentials};
    const targets = `targets:\n  freeze: ${JSON.stringify(target)}\n`;
    writeFileSync(inventory, `${own.replace(/^targets:\n/m, targets)}window: {calendar: freeze}\n`);
    const asked = () => lab.endpoint.calls('ssm', 'GetCalendarState');
    const whenDone = (id: string, act: () => void): RunRequest['observe'] => {
      return (event) => {
        if (event.kind === 'journaled' && event.entry.kind === 'entry-done') {
          if (event.entry.entry === id) {
            act();
          }
        }
      };
    };
    const close = () => ssm.setCalendar(calendar, {state: 'CLOSED'});
    ssm.setCalendar(calendar, {state: 'OPEN'});
    let name = '';
    const first = await openRun({
      ...{runbook: 'test/run/window-in-hold.ts', inventory, stateFolder, yes: true},
      observe: whenDone('announce', close),
    });
    try {
      ({name} = first);
      expect(await first.forward(await first.plan())).toMatchObject({
        kind: 'paused',
        problem: {code: 'outside-window', message: expect.stringContaining('is closed')},
      });
      expect(readFileSync(page, 'utf8')).toBe('soon');
    } finally {
      await first.close();
    }

    const goOn = async (more: Partial<RunRequest>) => {
      const run = await reopenRun({run: name, stateFolder, yes: true, ...more});
      try {
        return await run.forward(await run.plan());
      } finally {
        await run.close();
      }
    };
    const stop = new AbortController();
    const signals = {stopping: stop.signal, aborting: new AbortController().signal};
    const observe = whenDone('hold', () => stop.abort('SIGTERM'));
    const outsideWindow = 'the board agreed';
    expect(await goOn({signals, observe, outsideWindow})).toMatchObject({
      kind: 'paused',
      problem: {code: 'run-stopped'},
    });
    const before = asked();
    expect(await goOn({})).toMatchObject({kind: 'done'});
    expect(asked()).toBe(before);
  });

  test('names a calendar by its ARN, in whose region it is asked, and one that is none is told', async () => {
    const ssm = createSsm({parameters: {}});
    await using lab = await started(ssm);
    const arn = 'arn:aws:ssm:eu-central-1:123456789012:document/freeze';
    const regions: string[] = [];
    const {handle} = ssm;
    ssm.handle = async (request) => {
      regions.push(
        /\/([\w-]+)\/ssm\/aws4_request/.exec(request.headers['authorization'] ?? '')?.[1] ?? '',
      );
      return handle(request);
    };
    const names = {
      AWS_ENDPOINT_URL_SSM: lab.endpoint.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const before = {...process.env};
    Object.assign(process.env, names);
    try {
      withWindow(`{calendar: '${arn}'}`);
      const error: unknown = await go().catch((cause: unknown) => cause);
      expect((error as SwitcharooError).problem.message).toContain('is not a change calendar');
      ssm.setCalendar(arn, {state: 'OPEN'});
      expect((await go()).kind).toBe('done');
      expect(new Set(regions)).toEqual(new Set(['eu-central-1']));
    } finally {
      process.env = before;
    }
  });

  test('must be accepted by its end, and can be reversed after it', async () => {
    withWindow(future);
    const {name} = await go();
    expect(firstOf(name)).toMatchObject({decideByUtc: '2100-01-01T00:00:00.000Z'});
    withWindow(past);
    const run = await reopenRun({run: name, stateFolder, yes: true});
    try {
      expect(await run.reverse(await run.planReversal(null))).toMatchObject({kind: 'reversed'});
    } finally {
      await run.close();
    }
  });
});
