import {expect, test} from 'vitest';
import {inFlightIn} from '../../src/model/in-flight.ts';
import type {JournalEntry} from '../../src/model/journal.ts';

const a = {entry: 'freeze', way: 'forward', target: 'db', does: 'refuse writes'};
const b = {...a, does: 'end connections'};
const c = {...a, target: 'copy', does: 'stop'};
const next = [b, c].map(({target, does}) => ({target, does}));
const first = {kind: 'action-intended', ...a, limitMs: 60_000, next};

const openAfter = (...facts: readonly object[]): readonly string[] =>
  inFlightIn(facts.map((fact, seq) => ({seq, ...fact}) as JournalEntry)).map(({does}) => does);

test('what follows an action in its step may be under way as soon as that is intended', () => {
  expect(openAfter(first)).toEqual([a.does, b.does, c.does]);
});

test('what follows is not over because an earlier action of the step is', () => {
  const done = {kind: 'action-performed', ...a};
  expect(openAfter(first, done)).toEqual([b.does, c.does]);
  const second = {kind: 'action-intended', ...b, limitMs: 20_000};
  expect(openAfter(first, done, second, {kind: 'action-performed', ...b})).toEqual([c.does]);
});

test.for([
  ...['action-failed', 'action-unsent', 'entry-done', 'entry-failed'],
  ...['entry-upheld', 'entry-reversed', 'reverse-failed', 'run-paused', 'run-resumed'],
])('after %s, nothing that was to follow is sent', (kind) => {
  expect(openAfter(first, {kind, ...a})).toEqual([]);
});

test('an action that was cut off may still arrive, whatever its run does next', () => {
  const cutOff = {kind: 'action-failed', ...a, isCutOff: true};
  const failed = {kind: 'entry-failed', ...a};
  expect(openAfter(first, cutOff, failed, {kind: 'run-paused'})).toEqual([a.does]);
  expect(openAfter(first, cutOff, failed, {kind: 'earlier-holder-stopped'})).toEqual([]);
});

test('a step that does the same twice has one of them left when the first is done', () => {
  const twice = {...first, next: [{target: a.target, does: a.does}]};
  const done = {kind: 'action-performed', ...a};
  const second = {kind: 'action-intended', ...a, limitMs: 20_000};
  expect(openAfter(twice, done)).toEqual([a.does]);
  expect(openAfter(twice, done, second)).toEqual([a.does]);
  expect(openAfter(twice, done, second, done)).toEqual([]);
});

test('another entry that ends is not meant', () => {
  const other = {kind: 'entry-done', entry: 'left'};
  expect(openAfter(first, other)).toHaveLength(3);
});
