import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/seamless-cutover.ts';
const limitMs = 300_000;

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

test(
  'no request fails in a seamless cutover from far away, no write is lost, and few round trips are inside it',
  async () => {
    const ended = await desk.run('rehearse', runbook, '--clients', '8', '--rtt', '20', '--json');
    expect({code: ended.code, stderr: ended.stderr}, ended.stdout).toEqual({code: 0, stderr: ''});
    const report = lastDocument(ended);
    expect(report).toMatchObject({outcome: 'done', ...noneFailed});
    expect(report.requests.made).toBeGreaterThan(100);
    expect(report.hold.ms).toBeGreaterThan(0);
    // At the wire, from the statement that makes the source read-only to the one that opens Aurora. Measured: 9.
    expect(report.roundTrips).toBeGreaterThan(0);
    expect(report.roundTrips).toBeLessThanOrEqual(12);
  },
  limitMs,
);

test(
  'no request fails on the way back either',
  async () => {
    const ended = await desk.run('rehearse', runbook, '--json', '--reverse-at', 'smoke');
    expect({code: ended.code, stderr: ended.stderr}, ended.stdout).toEqual({code: 0, stderr: ''});
    expect(lastDocument(ended)).toMatchObject({outcome: 'reversed', ...noneFailed, applied: []});
  },
  limitMs,
);
