import {expect, test} from 'vitest';
import type {Plan, PlanLine} from '../../src/model/plan.ts';
import {planChanges} from '../../src/report/plan-changes.ts';

const line: PlanLine = {
  kind: 'entry',
  entry: 'lower-ttl',
  phase: 'Prepare',
  unit: 'route53.lower-ttl',
  unitKind: 'step',
  summary: 'Lower the TTL of records.',
  targets: ['zone'],
  evidence: 'checked',
  outlook: 'change',
  knownAfter: [],
  differences: [{what: 'TTL of www', is: '300 s', shouldBe: '60 s'}],
  actions: [{target: 'zone', does: 'set the TTL of www from 300 s to 60 s'}],
};

const plan = (...items: readonly PlanLine[]): Plan => ({
  runbook: {name: 'shop', summary: 'Move the shop.', digest: 'r1'},
  inventory: {name: 'staging', digest: 'i1', protected: false},
  params: {tasks: 2},
  items,
  digest: 'p1',
});

test('an unchanged plan has no changes', () => {
  expect(planChanges(plan(line), plan(line))).toEqual([]);
});

test('of a line that changed only what differs is told', () => {
  const later: PlanLine = {
    ...line,
    differences: [{what: 'TTL of www', is: '3600 s', shouldBe: '60 s'}],
    actions: [{target: 'zone', does: 'set the TTL of www from 3600 s to 60 s'}],
  };
  expect(planChanges(plan(line), plan(later))).toEqual([
    'lower-ttl was: TTL of www 300 s -> 60 s, on zone: set the TTL of www from 300 s to 60 s; it is: TTL of www 3600 s -> 60 s, on zone: set the TTL of www from 3600 s to 60 s',
  ]);
});

test('entries that came and went, and everything around them', () => {
  const now: Plan = {
    ...plan({...line, entry: 'freeze'}),
    params: {tasks: 3},
    inventory: {name: 'staging', digest: 'i2', protected: false},
  };
  expect(planChanges(plan(line), now)).toEqual([
    'the inventory staging changed',
    'the parameters changed',
    'lower-ttl is gone',
    'freeze is new',
  ]);
});

test('how far a wait is does not count', () => {
  const waiting = (says: string): PlanLine => ({
    ...line,
    outlook: 'wait',
    actions: [],
    detail: says,
  });
  expect(planChanges(plan(waiting('5 s left')), plan(waiting('4 s left')))).toEqual([]);
});
