import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/seamless-cutover.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const noneFailed = {
  writes: {lost: 0, duplicated: 0},
  reads: {failed: 0},
  requests: {failed: 0},
};

/** At the wire: from the statement that closes one side to the one that opens the other, and in the whole hold. */
const mostClosed = 12;
const mostHeld = 20;

test('no request fails in a seamless cutover from far away and back, no write is lost, and few round trips are inside it', async () => {
  const far = ['--clients', '8', '--rtt', '20', '--reverse-at', 'smoke'];
  const ended = await desk.run('rehearse', runbook, ...far, '--json');
  expect({code: ended.code, stderr: ended.stderr}, ended.stdout).toEqual({code: 0, stderr: ''});
  const report = lastDocument(ended);
  expect(report.requests.failures ?? []).toEqual([]);
  expect(report).toMatchObject({outcome: 'reversed', ...noneFailed, applied: []});
  expect(report.requests.made).toBeGreaterThan(100);
  // Measured: 7 and 11.
  expect(report.hold.ms).toBeGreaterThan(0);
  expectFew(report.roundTrips, mostClosed);
  expectFew(report.hold.roundTrips, mostHeld);
  // Measured: 8 and 14.
  expect(report.reversal.hold.ms).toBeGreaterThan(0);
  expectFew(report.reversal.roundTrips, mostClosed);
  expectFew(report.reversal.hold.roundTrips, mostHeld);
});

test('no request fails when the whole runbook is run', async () => {
  const ended = await desk.run('rehearse', runbook, '--json');
  expect({code: ended.code, stderr: ended.stderr}, ended.stdout).toEqual({code: 0, stderr: ''});
  const report = lastDocument(ended);
  expect(report.requests.failures ?? []).toEqual([]);
  expect(report).toMatchObject({outcome: 'done', ...noneFailed});
  expect(report).not.toHaveProperty('reversal');
});

function expectFew(roundTrips: number, most: number): void {
  expect(roundTrips).toBeGreaterThan(0);
  expect(roundTrips).toBeLessThanOrEqual(most);
}
