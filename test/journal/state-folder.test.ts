import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {newRunName, StateFolder} from '../../src/journal/state-folder.ts';

test('names of runs sort by the time at which they began, also within one second', () => {
  const first = Date.parse('2026-03-01T03:00:00.000Z');
  const names = [0, 1, 9, 10, 500, 999, 1_000].map((ms) => newRunName(new Date(first + ms)));
  expect(names).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => /^20260301-03000[01]-[0-9a-f]{4}$/.test(name))).toBe(true);
});

test('a folder of a process that ended before the first entry is no run, and a damaged journal is one', () => {
  const path = mkdtempSync(join(tmpdir(), 'state-'));
  const contents = {'01-0000': undefined, '02-0000': '', '03-0000': '{"seq":0', '04-0000': '\0\0'};
  for (const [end, content] of Object.entries(contents)) {
    const run = join(path, `20260301-0300${end}`);
    mkdirSync(run);
    if (content !== undefined) {
      writeFileSync(join(run, 'journal.jsonl'), content);
    }
  }
  const state = new StateFolder(path);
  expect(state.runs()).toEqual(['20260301-030004-0000']);
  expect(state.emptyRuns()).toEqual([
    '20260301-030003-0000',
    '20260301-030002-0000',
    '20260301-030001-0000',
  ]);
  expect(() => state.find('20260301-030002-0000', 'run', () => true)).toThrow(
    'has no entries: its run ended before it started.',
  );
  rmSync(path, {recursive: true});
});

test('a run is looked at again when its journal began, shrank or is gone', () => {
  const path = mkdtempSync(join(tmpdir(), 'state-'));
  const run = '20260301-030001-0000';
  const journal = join(path, run, 'journal.jsonl');
  mkdirSync(join(path, run));
  const state = new StateFolder(path);
  const lines = ['{"seq":0', '{"seq":0}\n', '{"seq":0}\n{"seq":1}\n', '{"s', '{"seq":0}\n'];
  const seen = lines.map((text) => {
    writeFileSync(journal, text);
    return state.runs().length;
  });
  expect(seen).toEqual([0, 1, 1, 0, 1]);
  rmSync(journal);
  expect(state.emptyRuns()).toEqual([run]);
  rmSync(path, {recursive: true});
});
