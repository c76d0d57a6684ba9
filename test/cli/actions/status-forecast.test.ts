import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {statusForecast} from '../../../src/cli/actions/status-forecast.ts';
import type {App} from '../../../src/cli/app.ts';
import {entryDigests, runbookDigest} from '../../../src/engine/digests.ts';
import {loadRunbook} from '../../../src/inventory/runbook-file.ts';
import type {Fact} from '../../../src/model/journal.ts';
import {progressIn} from '../../../src/run/past-runs.ts';
import {runStarted} from '../../model/journal-of.ts';
import {JournalFile} from '../journal-file.ts';

const file = 'docs/examples/maintenance.ts';

test('a run is forecast by the runbook with which it runs, and by none of another host', async () => {
  const {runbook} = await loadRunbook(file);
  const digest = runbookDigest(runbook);
  expect(await forecastOf(digest)).toMatchObject({sources: [{run: 'r-1'}]});
  expect(await forecastOf('edited since')).toBeUndefined();
  expect(await forecastOf(digest, {shared: {}})).toBeUndefined();

  async function forecastOf(journaled: string, more: object = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'status-forecast-'));
    onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
    const entries = [...entryDigests(runbook)];
    const begun = (run: string) =>
      runStarted({
        ...{run, params: {pageText: 'Back soon.'}},
        runbook: {name: runbook.head.name, file, digest: journaled, entries},
      });
    const done = entries.flatMap(({id}): Fact[] => [
      {kind: 'entry-started', entry: id},
      {kind: 'entry-done', entry: id, output: {}, changedByRun: true},
    ]);
    new JournalFile(folder, 'r-1').add(begun('r-1'), ...done);
    new JournalFile(folder, 'r-2').add(begun('r-2'));
    const journalOf = (run: string) => join(folder, run, 'journal.jsonl');
    const state = {path: folder, runs: () => ['r-2', 'r-1'], journalOf};
    const app = {state, ...more} as unknown as App;
    const progress = progressIn(app, 'r-2');
    return (await statusForecast(app, progress))({progress});
  }
});
