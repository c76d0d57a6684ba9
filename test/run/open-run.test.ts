import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  type Operator,
  openRun,
  type Run,
  type RunRequest,
  reopenRun,
  SwitcharooError,
} from 'switcharoo';
import {afterAll, beforeEach, describe, expect, test} from 'vitest';
import {closeShop, openShop} from '../../docs/examples/run-maintenance.ts';
import type {Forecast} from '../../src/forecast/forecast.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {conditionsBefore} from '../../src/run/kept-forecast.ts';

const folder = mkdtempSync(join(tmpdir(), 'switcharoo-open-run-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const page = join(folder, 'maintenance.html');
const runbook = 'docs/examples/maintenance.ts';
const inventory = 'docs/examples/maintenance.yaml';
const guarded = join(folder, 'guarded.yaml');
writeFileSync(guarded, `${readFileSync(inventory, 'utf8')}protected: true\n`);

let stateFolder: string;
beforeEach(() => {
  process.env['MAINTENANCE_FILE'] = page;
  rmSync(page, {force: true});
  stateFolder = mkdtempSync(join(folder, 'state-'));
});

/** Opens a run, works with it and closes it. */
async function withRun<Result>(
  request: Partial<RunRequest>,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const run = await openRun({runbook, inventory, stateFolder, ...request});
  try {
    return await work(run);
  } finally {
    await run.close();
  }
}

const planAndRun = (request: Partial<RunRequest>) =>
  withRun(request, async (run) => {
    const result = await run.forward(await run.plan());
    return {kind: result.kind, code: run.exitCode(result), run: run.name};
  });

const planDigest = () => withRun({}, async (run) => (await run.plan()).digest);

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was thrown',
    (error) => (error instanceof SwitcharooError ? error.problem.code : error),
  );

/** Answers every question alike, and remembers it. */
function operatorWith(answer: 'yes' | 'no'): Operator & {readonly questions: string[]} {
  const questions: string[] = [];
  return {
    name: 'ada',
    questions,
    ask: async ({question}) => {
      questions.push(question);
      return {answer, by: 'ada'};
    },
    decide: async () => ({choice: 'stop', by: 'ada'}),
  };
}

describe('a run that is opened from code', () => {
  test('prints its journal, as the example in the docs does', async () => {
    const lines: string[] = [];
    const print = (...parts: unknown[]) => lines.push(parts.join(' '));
    const approved = await closeShop(stateFolder, await planDigest(), print);
    // The digest approves the plan; the confirmation in the runbook is another question.
    expect([approved.exitCode, existsSync(page)]).toEqual([3, false]);
    expect(lines[0]).toBe('1 answered');
  });

  test('is reversed by its name, as the example in the docs does', async () => {
    const done = await planAndRun({yes: true});
    expect([done.kind, done.code, existsSync(page)]).toEqual(['done', 0, true]);
    expect([await openShop(stateFolder, done.run), existsSync(page)]).toEqual([0, false]);
  });

  test('is forecast from earlier ones, also while a plain reversal goes on', async () => {
    const earlier = await planAndRun({yes: true});
    expect(await openShop(stateFolder, earlier.run)).toBe(0);
    const state = new StateFolder(stateFolder);
    const name = await withRun({yes: true}, async (run) => {
      const plan = await run.plan();
      const {forecast} = await run.forecasts.plan();
      expect(forecast?.sources.map((source) => source.run)).toEqual([earlier.run]);
      await run.forward(plan);
      return run.name;
    });
    // How long a check of its plan took, for the forecasts of later runs.
    expect(conditionsBefore(state, name).checkMs).toBeGreaterThan(0);
    const forecasts: (Forecast | undefined)[] = [];
    const observe = () => forecasts.push(run.forecastNow());
    const run: Run = await reopenRun({run: name, stateFolder, yes: true, observe});
    await run.reverse(await run.planReversal(null));
    await run.close();
    const [forecast] = forecasts.filter((each) => each?.isReversal);
    expect(forecast?.sources.map((source) => source.run)).toEqual([earlier.run]);
    expect(forecast?.left.p95).toBeGreaterThan(0);
  });

  test('does not begin without an approval, nor with the approval of another plan', async () => {
    expect(await codeOf(planAndRun({}))).toBe('approval-required');
    expect(await codeOf(planAndRun({planDigest: '0000'}))).toBe('plan-changed');
    expect(await withRun({}, async (run) => [run.progress, run.entries])).toEqual([undefined, []]);
  });

  test('needs a person if its inventory is protected, whatever was approved beforehand', async () => {
    const request = {inventory: guarded, yes: true};
    expect(await codeOf(planAndRun(request))).toBe('terminal-required');
    const operator = operatorWith('yes');
    expect(await planAndRun({...request, operator})).toMatchObject({kind: 'done', code: 0});
    expect(operator.questions).toEqual(['Run this plan on example?']);
  });

  test('changes nothing when the person declines the plan', async () => {
    expect(await planAndRun({operator: operatorWith('no')})).toMatchObject({
      kind: 'declined',
      code: 3,
    });
    expect(existsSync(page)).toBe(false);
  });

  test('is continued by its name, and by one process at a time', async () => {
    const paused = await planAndRun({planDigest: await planDigest()});
    expect(paused.code).toBe(3);
    const run = await reopenRun({run: paused.run, stateFolder, yes: true});
    try {
      const result = await run.forward(await run.plan());
      expect([result.kind, run.progress?.outcome]).toEqual(['done', 'done']);
      expect(await codeOf(reopenRun({run: paused.run, stateFolder}))).toBe('lock-held');
    } finally {
      await run.close();
    }
    const finished = await reopenRun({run: paused.run, stateFolder});
    expect(await codeOf(finished.plan())).toBe('run-finished');
    await finished.close();
  });

  test('is refused as a rehearsal outside the lab, because a rehearsal asks nobody', async () => {
    const opening = openRun({runbook, inventory, stateFolder, rehearsal: true});
    expect(await codeOf(opening)).toBe('rehearsal-outside-lab');
  });
});
