import {expect, test} from 'vitest';
import {choicesFor, fittedFailureLines} from '../../src/cli/failure-menu.ts';
import type {Failure} from '../../src/engine/operator.ts';
import {plainPaint} from '../../src/report/index.ts';

const failure: Failure = {
  entry: 'open',
  problem: {
    code: 'target-unreachable',
    message: 'aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.',
    hint: 'Check whether the server runs; then retry.',
  },
  changesInPlace: ['lower-ttl (route53.lower-ttl)', 'freeze (mysql.freeze-writes)'],
  reversibleTo: [null, 'prepared'],
  skip: {allowed: true, impossible: []},
  skippedBefore: [],
};
const facts = [
  'OUTAGE: without a choice, the run reverses to prepared at 03:10:51 UTC.',
  'Then the outage exceeds its limit of 5 m 00 s. After a stop, no process ends the outage.',
  'A reversal now loses no writes: the new side has accepted none.',
  'In the last rehearsal (20260301-031205-4f2a), the outage lasted 5.6 s; open took 1.4 s.',
];

const linesIn = (room: number) =>
  fittedFailureLines(failure, facts, {room, width: 80, paint: plainPaint});

test('the menu of a failure tells what becomes of the outage, and all else that fits', () => {
  expect(linesIn(20)).toEqual([
    '',
    '✗ aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.',
    '  changes in place  lower-ttl (route53.lower-ttl)',
    '                    freeze (mysql.freeze-writes)',
    '  next              Check whether the server runs; then retry.',
    '  code              target-unreachable   switcharoo explain target-unreachable',
    '  OUTAGE: without a choice, the run reverses to prepared at 03:10:51 UTC.',
    '  Then the outage exceeds its limit of 5 m 00 s. After a stop, no process ends',
    '    the outage.',
    '  A reversal now loses no writes: the new side has accepted none.',
    '  In the last rehearsal (20260301-031205-4f2a), the outage lasted 5.6 s; open',
    '    took 1.4 s.',
    '',
  ]);
  for (const room of [7, 8, 9, 10, 11, 12, 13]) {
    expect(linesIn(room).length).toBeLessThanOrEqual(room);
    expect(linesIn(room).some((line) => line.startsWith('  OUTAGE:'))).toBe(true);
  }
  expect(linesIn(2)).toContain(`  ${facts[0]}`);
});

test('only the menu of a store that is away has the choice to go on alone', () => {
  const isAlone = ({name}: {readonly name: string}) => name.startsWith('go on alone:');
  expect(choicesFor(failure).filter(isAlone)).toEqual([]);
  expect(choicesFor({...failure, mayGoAlone: true}).filter(isAlone)).toMatchObject([
    {value: {choice: 'retry', alone: true}},
  ]);
});
