import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {statusForecast, statusForecasts} from '../../../src/cli/actions/status-forecast.ts';
import type {App} from '../../../src/cli/app.ts';
import {entryDigests, runbookDigest} from '../../../src/engine/digests.ts';
import {loadRunbook} from '../../../src/inventory/runbook-file.ts';
import type {Fact} from '../../../src/model/journal.ts';
import {progressIn} from '../../../src/run/past-runs.ts';
import {runStarted} from '../../model/journal-of.ts';
import {JournalFile} from '../journal-file.ts';

const file = 'docs/examples/maintenance.ts';

test('a run is forecast by the runbook with which it runs, and by none of another host', async () => {
  const {digest} = await maintenance();
  expect(await forecastOf(digest)).toMatchObject({sources: [{run: 'r-1'}]});
  expect(await forecastOf('edited since')).toBeUndefined();
  expect(await forecastOf(digest, {shared: {}})).toBeUndefined();

  async function forecastOf(journaled: string, more: object = {}) {
    const {app, begin} = await stateFolder(more);
    const progress = begin('r-2', journaled);
    return (await statusForecast(app, progress))({progress});
  }
});

test('a run that starts while the status of another one is watched has a forecast of its own', async () => {
  const {digest} = await maintenance();
  const {app, begin} = await stateFolder();
  const forecastOf = statusForecasts(app);
  expect(await forecastOf({progress: begin('r-2', 'edited since')})).toBeUndefined();
  expect(await forecastOf({progress: begin('r-3', digest)})).toMatchObject({
    sources: [{run: 'r-1'}],
  });
});

async function maintenance() {
  const {runbook} = await loadRunbook(file);
  return {runbook, digest: runbookDigest(runbook), entries: [...entryDigests(runbook)]};
}

/** A state folder with a run that is done, and those that begin. */
async function stateFolder(more: object = {}) {
  const {runbook, digest, entries} = await maintenance();
  const folder = mkdtempSync(join(tmpdir(), 'status-forecast-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const begun = (run: string, journaled: string) =>
    runStarted({
      ...{run, params: {pageText: 'Back soon.'}},
      runbook: {name: runbook.head.name, file, digest: journaled, entries},
    });
  const done = entries.flatMap(({id}): Fact[] => [
    {kind: 'entry-started', entry: id},
    {kind: 'entry-done', entry: id, output: {}, changedByRun: true},
  ]);
  new JournalFile(folder, 'r-1').add(begun('r-1', digest), ...done);
  const journalOf = (run: string) => join(folder, run, 'journal.jsonl');
  const runs = ['r-1'];
  const app = {state: {path: folder, runs: () => runs, journalOf}, ...more} as unknown as App;
  const begin = (run: string, journaled: string) => {
    new JournalFile(folder, run).add(begun(run, journaled));
    runs.unshift(run);
    return progressIn(app, run);
  };
  return {app, begin};
}
