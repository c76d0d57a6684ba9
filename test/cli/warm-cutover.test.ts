import {afterEach, beforeEach, expect, test} from 'vitest';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {expectedTimes} from '../../src/model/expected-time.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/warm-cutover.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

// Once: 63 statements, and ssh. Measured now: 38.
const mostRoundTrips = 46;

test('as far away as an operator is, it loses no write, no read fails, and its round trips in the outage are few', async () => {
  const ended = await desk.run('rehearse', runbook, '--clients', '8', '--rtt', '20', '--json');
  expect(ended).toMatchObject({code: 0, stderr: ''});
  const report = lastDocument(ended);
  expect(report).toMatchObject({
    outcome: 'done',
    writes: {lost: 0, duplicated: 0},
    reads: {failed: 0},
  });
  expect(report.reads.answered).toBeGreaterThan(100);
  expect(report.roundTrips).toBeGreaterThan(0);
  expect(report.roundTrips).toBeLessThanOrEqual(mostRoundTrips);
  expect(report.outageMs).toBeGreaterThan(report.roundTrips * 20);
  // What its plan would have expected from the same distances.
  const {runbook: warm} = await loadRunbook(runbook);
  const {outage} = expectedTimes(warm, report.distances);
  const {webHosts: _, ...databases} = outage?.roundTrips ?? {};
  const expected = Object.values(databases).reduce((sum, count) => sum + count, 0);
  expect(expected / report.roundTrips).toBeGreaterThan(0.6);
  expect(expected / report.roundTrips).toBeLessThan(1.5);
  expect(outage?.networkMs).toBeGreaterThan(expected * 20);
  expect(report.requests.made).toBeGreaterThan(report.requests.failed);
});

test('gone back from the new side, it loses no write of either, and no read fails', async () => {
  const ended = await desk.run('rehearse', runbook, '--json', '--reverse-at', 'smoke');
  expect(ended).toMatchObject({code: 0, stderr: ''});
  expect(lastDocument(ended)).toMatchObject({
    outcome: 'reversed',
    writes: {lost: 0, duplicated: 0},
    reads: {failed: 0},
    applied: [],
  });
});
