import {expect, test} from 'vitest';
import {type FleetStatus, fleetPageState} from '../../src/report/index.ts';

const at = (minute: number) => `2026-03-01T03:${String(minute).padStart(2, '0')}:00.000Z`;
const now = new Date(at(12));

type Unit = FleetStatus['waves'][number]['units'][number];
const unit = (name: string, own: Partial<Unit> = {}): Unit => ({
  ...{unit: name, status: 'waiting', attempt: 1, run: null, phase: null, inOutage: false},
  outageSinceUtc: null,
  ...{
    changes: 0,
    journal: null,
    silent: null,
    waitsFor: null,
    ...{waitReason: null, network: null},
    problem: null,
    changedAtUtc: at(0),
  },
  ...own,
});

const run = '20260301-030000-4f2a';
const status: FleetStatus = {
  fleet: 'to-aws',
  held: null,
  runners: [],
  waves: [
    {
      ...{wave: 'pilot', digest: 'd1', startedBy: 'kim', startedRole: 'kim', startedAtUtc: at(0)},
      ...{approve: {by: [], of: 0}, approvals: []},
      units: [
        unit('blog', {status: 'done', run}),
        unit('shop', {
          status: 'running',
          run,
          phase: 'Freeze',
          inOutage: true,
          outageSinceUtc: at(11),
          changedAtUtc: at(11),
        }),
        unit('wiki', {status: 'running', run, phase: 'Prepare'}),
        unit('stock', {
          ...{status: 'needs-person', run, changes: 2, changedAtUtc: at(2)},
          problem: {
            code: 'x',
            message: 'It waits <here>.',
            hint: {text: 'Go on with', command: 'fleet resume stock'},
          },
        }),
      ],
    },
    {
      ...{wave: 'shops', digest: 'd2', startedBy: 'kim', startedRole: 'kim', startedAtUtc: at(5)},
      ...{approve: {by: ['lee', 'sam'], of: 2}, approvals: [{role: 'lee', atUtc: at(6)}]},
      units: [unit('mail')],
    },
  ],
};

test('the page of a fleet says first what is in an outage, and what waits for whom', () => {
  const {title, news, parts} = fleetPageState({status, now});
  expect(title).toBe('Fleet to-aws: 1 of 5 units done, 2 under way, 1 in an OUTAGE.');
  expect(news).toBe(
    `1 of 5 units done, 2 under way, 1 in an OUTAGE. Outage of shop: Phase Freeze of ${run}. stock needs a person: It waits <here>. 2 changes of ${run} in place. Go on with: switcharoo fleet resume stock shops waits for approval: 1 more of lee, sam: switcharoo fleet approve shops`,
  );
  expect(parts['tally-0']).toBe('2 under way, 1 done, 1 needs a person');
  expect(parts['now']).toContain('1 m 00 s</span></strong> since 03:11:00 UTC. Phase Freeze');
  expect(parts['now']).not.toContain('<here>');
  expect(parts['wave-0']).toContain(
    '<li class="unit outage-now"><strong>shop</strong> <span>OUTAGE, Freeze</span></li>',
  );
});

test('a fleet that is held says by whom and why; without news of PostgreSQL its clocks stop', () => {
  const held = {...status, held: {by: 'lee', atUtc: at(10), because: 'the network is slow'}};
  const {title, parts} = fleetPageState({status: held, now: null, trouble: 'PostgreSQL is away.'});
  expect(title).toContain('HELD');
  expect(parts['now']).toContain('since 03:10:00 UTC. by lee: the network is slow.');
  expect(parts['trouble']).toBe('<p class="problem">PostgreSQL is away.</p>');
});

test('its structure changes with the waves, and with nothing that happens in them', () => {
  const [pilot, shops] = status.waves;
  const later = {...status, waves: [{...pilot, units: [unit('blog')]}, shops]} as FleetStatus;
  const less = {...status, waves: [pilot]} as FleetStatus;
  const {structure} = fleetPageState({status, now});
  expect(fleetPageState({status: later, now}).structure).toBe(structure);
  expect(fleetPageState({status: less, now}).structure).not.toBe(structure);
});

test('a unit whose runner does not answer is shown as such, with where to start one', () => {
  const [pilot] = status.waves;
  const silent = {host: 'far', folder: '/state', sinceUtc: at(11)};
  const shop = {...unit('shop', {status: 'running', inOutage: true, phase: 'Freeze'}), silent};
  const {parts, news} = fleetPageState({
    status: {...status, waves: [{...pilot, units: [shop]}]} as FleetStatus,
    now,
  });
  expect(news).toContain(
    'Runner of shop does not answer: Its runner on far has not answered since 2026-03-01 03:11:00 UTC. Start a runner on far with --state-dir /state. If that host is lost, run this on another host: switcharoo fleet take-over shop',
  );
  expect(parts['wave-0']).toContain('OUTAGE, Freeze, its runner does not answer');
  expect(parts['head']).toContain('attention');
});

test('a unit that waits for one that was left out, or for its window, says so', () => {
  const [pilot] = status.waves;
  const units = [
    unit('crm', {waitsFor: 'shop, which was left out', waitReason: 'left-out'}),
    unit('erp', {
      waitsFor: 'its window, which is closed until 2026-03-02 02:00 UTC',
      waitReason: 'window',
    }),
  ];
  const {parts, news} = fleetPageState({
    status: {...status, waves: [{...pilot, units}]} as FleetStatus,
    now,
  });
  expect(news).toContain(
    'crm waits for shop, which was left out: It does not begin. Bring the other unit back with "fleet resume". Or put this one into a later wave, take the other one out of its "after", and run: switcharoo fleet leave-out crm --because REASON',
  );
  expect(parts['wave-0']).toContain('waiting for shop, which was left out');
  expect(parts['wave-0']).toContain('waiting for its window, which is closed until');
  expect(parts['head']).toContain('attention');
});

test('a unit that somebody continues by hand needs nobody', () => {
  const [pilot] = status.waves;
  const problem = {
    code: 'fleet-run-by-hand',
    message: `${run} is continued by hand.`,
    hint: 'Wait.',
  };
  const units = [unit('crm', {status: 'needs-person', run, problem})];
  const {parts, news} = fleetPageState({
    status: {...status, waves: [{...pilot, units}]} as FleetStatus,
    now,
  });
  expect(news).toContain(`crm is continued by hand: ${run} is continued by hand. Wait.`);
  expect(parts['head']).not.toContain('attention');
});
