import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {openRun, reopenRun, SwitcharooError} from 'switcharoo';
import {afterAll, beforeAll, expect, test} from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'switcharoo-rehearsed-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const stateFolder = join(folder, 'state');
const inventory = join(folder, 'strict.yaml');
const lab = join(folder, 'lab.yaml');
const runbook = join(folder, 'maintenance.ts');
const page = join(folder, 'page.html');
const examples = 'docs/examples';

/** The example of the docs, as an operator may have edited it. */
function writeRunbook(unit = 'close'): void {
  const text = readFileSync(join(examples, 'maintenance.ts'), 'utf8');
  writeFileSync(runbook, text.replace(`.step('close',`, `.step('${unit}',`));
}

beforeAll(() => {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  copyFileSync(
    join(examples, 'show-maintenance-page.ts'),
    join(folder, 'show-maintenance-page.ts'),
  );
  writeRunbook();
  const own = readFileSync(join(examples, 'maintenance.yaml'), 'utf8').replace(
    /\$\{MAINTENANCE_FILE\}/,
    page,
  );
  writeFileSync(inventory, `${own}requireRehearsal: true\n`);
  writeFileSync(lab, `${own.replace('name: example', 'name: lab')}lab: true\n`);
  mkdirSync(stateFolder);
  writeFileSync(join(stateFolder, 'lab.env'), '');
});

async function go(file: string, rehearsal: boolean): Promise<string> {
  const run = await openRun({runbook, inventory: file, stateFolder, yes: true, rehearsal});
  try {
    expect(await run.forward(await run.plan())).toEqual({kind: 'done'});
    return run.name;
  } finally {
    await run.close();
  }
}

async function reverse(name: string): Promise<void> {
  const run = await reopenRun({run: name, stateFolder, yes: true});
  try {
    expect(await run.reverse(await run.planReversal(null))).toMatchObject({kind: 'reversed'});
  } finally {
    await run.close();
  }
}

async function refusal(): Promise<string> {
  const error: unknown = await go(inventory, false).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(SwitcharooError);
  const {problem} = error as SwitcharooError;
  expect(problem.code).toBe('not-rehearsed');
  return problem.message;
}

test('an inventory can demand that this very runbook was rehearsed, forward and back', async () => {
  expect(await refusal()).toContain('No rehearsal of it is recorded');
  const rehearsal = await go(lab, true);
  expect(await refusal()).toContain(`It went forward in ${rehearsal}, and no rehearsal of it was`);
  await reverse(rehearsal);
  expect(await refusal()).toContain(`It was reversed in ${rehearsal}, and no rehearsal of it went`);
  const second = await go(lab, true);
  const run = await openRun({runbook, inventory, stateFolder, yes: true});
  expect(await run.forward(await run.plan())).toEqual({kind: 'done'});
  expect(run.remarks).toContain(
    `This very runbook went forward in the rehearsal ${second}, and was reversed in ${rehearsal}.`,
  );
  await run.close();
  await reverse(second);
  writeRunbook('shut');
  expect(await refusal()).toContain(
    `Since the last rehearsal (${second}): close is gone; shut is new.`,
  );
});

/** The same, with an outage that begins at its step. */
function writeWithOutage(end = 'opened'): void {
  const text = readFileSync(join(examples, 'maintenance.ts'), 'utf8')
    .replace('targets:', `outage: {from: ['close'], until: ['${end}']}, targets:`)
    .replace(`.checkpoint('closed')`, `.confirm('${end}', {question: 'Open?'})`);
  writeFileSync(runbook, text);
}

async function begun(until: string): Promise<string> {
  const run = await openRun({runbook, inventory, stateFolder, yes: true, until});
  try {
    expect(await run.forward(await run.plan())).toEqual({kind: 'reached', until});
    return run.name;
  } finally {
    await run.close();
  }
}

async function goOn(name: string): Promise<unknown> {
  const run = await reopenRun({run: name, stateFolder, yes: true, acceptChanges: true});
  try {
    return await run.forward(await run.plan());
  } catch (error) {
    return error instanceof SwitcharooError ? error.problem : error;
  } finally {
    await run.close();
  }
}

test('a run whose runbook was changed before its outage goes on only if that runbook was rehearsed', async () => {
  rmSync(page, {force: true});
  writeWithOutage();
  await reverse(await go(lab, true));
  await reverse(await go(lab, true));
  const rehearsal = await go(lab, true);
  rmSync(page);
  const before = await begun('go');
  writeWithOutage('reopened');
  expect(await goOn(before)).toMatchObject({
    code: 'not-rehearsed',
    message: expect.stringContaining(
      `Since the last rehearsal (${rehearsal}): opened is gone; reopened is new.`,
    ),
  });
  writeWithOutage();
  expect(await goOn(before)).toEqual({kind: 'done'});
  await reverse(before);
  const inOutage = await begun('close');
  writeWithOutage('reopened');
  expect(await goOn(inOutage)).toEqual({kind: 'done'});
});
