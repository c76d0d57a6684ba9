import {expect, test} from 'vitest';
import {type FleetStatus, fleetStatusText} from '../../src/report/index.ts';
import {plainPaint} from '../../src/report/paint.ts';

type Unit = FleetStatus['waves'][number]['units'][number];
const unit = (name: string, status: Unit['status']): Unit => ({
  ...{unit: name, status, attempt: 1, run: null, phase: null, inOutage: false, changes: 0},
  ...{outageSinceUtc: null, journal: null, silent: null, waitsFor: null, waitReason: null},
  ...{network: null, problem: null, changedAtUtc: '2026-03-01T03:00:00.000Z'},
});

function firstLine(...units: readonly Unit[]): string | undefined {
  const wave = {
    ...{wave: 'pilot', digest: 'd1', startedBy: 'kim', startedRole: 'kim'},
    ...{startedAtUtc: '2026-03-01T03:00:00.000Z', approve: {by: [], of: 0}, approvals: [], units},
  };
  return fleetStatusText(
    {fleet: 'to-aws', held: null, runners: [], waves: [wave]},
    {width: 120, paint: plainPaint, paste: (command) => `npx switcharoo ${command}`},
  ).split('\n')[0];
}

test('a runner is asked for only while a unit is left', () => {
  const over = [unit('blog', 'done'), unit('wiki', 'left-out')];
  expect(firstLine(...over)).toBe('Fleet to-aws: no runner is running, and no unit needs one');
  for (const status of ['waiting', 'queued', 'running', 'failed', 'needs-person'] as const) {
    expect(firstLine(...over, unit('shop', status)), status).toBe(
      'Fleet to-aws: no runner is running. Start one with: npx switcharoo fleet runner',
    );
  }
});
