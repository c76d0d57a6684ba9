import {describe, expect, test} from 'vitest';
import type {Finding} from '../../src/model/preflight.ts';
import {
  type PreflightReport,
  plainPaint,
  preflightChanges,
  preflightFindings,
  preflightText,
} from '../../src/report/index.ts';
import {widthOf} from '../../src/report/text.ts';

const finding = (about: Partial<Finding>): Finding => ({
  check: 'not-innodb',
  severity: 'blocks',
  target: 'source',
  observed: '1 table of source is not InnoDB: shop.notes (MyISAM)',
  items: ['shop.notes (MyISAM)'],
  consequence: 'The fence holds for transactional tables only.',
  fix: 'ALTER TABLE … ENGINE = InnoDB.',
  ...about,
});

const looked: PreflightReport = {
  inventory: {name: 'production', protected: true},
  targets: [
    {
      name: 'source',
      kind: 'mysql',
      checksMade: 32,
      findings: [
        finding({
          check: 'clients',
          severity: 'warns',
          observed: 'source has 1 client: shop@10.0.0.11 (4)',
          consequence: 'Whoever is not moved loses the database.',
          fix: 'Look again at night.',
        }),
        finding({}),
      ],
    },
    {name: 'aurora', kind: 'mysql.aurora', checksMade: 49, findings: []},
  ],
  without: ['zone', 'site'],
  evidence: [],
  journal: {
    ...{folder: '/state', mount: '/', freeBytes: 4_500_000_000},
    ...{entries: 100, neededBytes: 2_588_672, problem: null},
  },
  remarks: ['main: The clock is wrong.'],
  roundTrips: [
    {target: 'source', what: 'statement', ms: 21.4},
    {target: 'webHosts', what: 'command', ms: 78.2},
    {target: 'aurora', what: 'statement', ms: 0.7},
    {target: 'zone', what: 'call', ms: null, problem: 'zone has no credentials'},
  ],
};

const at = (width: number) => preflightText(looked, {width, paint: plainPaint});

describe('what was looked over before the night', () => {
  test('is a table where there is room, the worst first', () => {
    expect(
      at(160),
    ).toBe(`Preflight of production (PROTECTED): 81 checks on 2 targets; 1 block, 0 ask, 1 warn

          target  check       finding
✗ blocks  source  not-innodb  1 table of source is not InnoDB: shop.notes (MyISAM).
                              The fence holds for transactional tables only.
                              -> ALTER TABLE … ENGINE = InnoDB.
! warns   source  clients     source has 1 client: shop@10.0.0.11 (4).
                              Whoever is not moved loses the database.
                              -> Look again at night.

· source (mysql): 32 checks, 2 findings
✓ aurora (mysql.aurora): 49 checks, no findings
✓ journal (/state): 4291 MB free on /, and a run of 100 entries needs 2.5 MB
No checks for: zone, site.
! main: The clock is wrong.
A statement takes 21 ms on source, 0.7 ms on aurora.
A command over ssh takes 78 ms on webHosts.
How far away zone is, is not known: zone has no credentials.
Nothing was changed.`);
  });

  test('is one below the other on a terminal of 80 columns', () => {
    expect(
      at(80),
    ).toBe(`Preflight of production (PROTECTED): 81 checks on 2 targets; 1 block, 0 ask, 1
warn

✗ blocks  source  not-innodb
    1 table of source is not InnoDB: shop.notes (MyISAM).
    The fence holds for transactional tables only.
    -> ALTER TABLE … ENGINE = InnoDB.
! warns  source  clients
    source has 1 client: shop@10.0.0.11 (4).
    Whoever is not moved loses the database.
    -> Look again at night.

· source (mysql): 32 checks, 2 findings
✓ aurora (mysql.aurora): 49 checks, no findings
✓ journal (/state): 4291 MB free on /, and a run of 100 entries needs 2.5 MB
No checks for: zone, site.
! main: The clock is wrong.
A statement takes 21 ms on source, 0.7 ms on aurora.
A command over ssh takes 78 ms on webHosts.
How far away zone is, is not known: zone has no credentials.
Nothing was changed.`);
  });

  test('blocks where the journal of a run would not fit, with what is free and what is needed', () => {
    const problem = {
      code: 'disk-full',
      message: '/state cannot be written: / has 600 KB free, and the run needs 2528 KB.',
      hint: 'Make room: 2528 KB on /.',
    };
    const journal = {...looked.journal, freeBytes: 614_400, problem};
    const [, aurora] = looked.targets;
    const targets = aurora ? [aurora] : [];
    const report = {...looked, targets, without: [], remarks: [], roundTrips: [], journal};
    expect(preflightText(report, {width: 110, paint: plainPaint})).toBe(
      `Preflight of production (PROTECTED): 49 checks on 1 target; 1 block, 0 ask, 0 warn

          target   check      finding
✗ blocks  journal  disk-full  /state cannot be written: / has 600 KB free, and the run needs 2528 KB.
                              No run can begin.
                              -> Make room: 2528 KB on /.

✓ aurora (mysql.aurora): 49 checks, no findings
· journal (/state): 0.6 MB free on /, and a run of 100 entries needs 2.5 MB
Nothing was changed.`,
    );
  });

  test.each([40, 60, 80, 110, 160])('never goes beyond %i columns', (width) => {
    const wide = at(width)
      .split('\n')
      .filter((line) => widthOf(line) > width);
    expect(wide).toEqual([]);
  });
});

test('evidence has an age, and is a warning once it is stale', () => {
  const run = '20261120-101500-7c3e';
  const ageMs = 26 * 3_600_000;
  const verified = {run, entry: 'verify-data', unit: 'mysql.verify-data', ageMs};
  const quiet = {run, entry: 'no-visitors', unit: 'hosts.no-visitors', ageMs};
  const report = {
    ...looked,
    evidence: [
      {...verified, freshForMs: 7 * 24 * 3_600_000},
      {...quiet, freshForMs: 3_600_000},
    ],
  };
  const text = preflightText(report, {width: 160, paint: plainPaint});
  expect(text).toContain(
    `✓ verify-data (mysql.verify-data) passed 1 d 02 h ago in run ${run}, and counts for 7 d 00 h`,
  );
  expect(text).toContain(
    `! no-visitors (hosts.no-visitors) passed 1 d 02 h ago in run ${run}: stale, it counted for 1 h 00 m`,
  );
  expect(preflightFindings(report)).toContainEqual(
    expect.objectContaining({
      ...{check: 'evidence-stale', severity: 'warns', target: run},
      observed: 'no-visitors (hosts.no-visitors) passed more than 1 h 00 m ago',
    }),
  );
  // Growing older is no news.
  const later = {...report, evidence: [{...quiet, freshForMs: 3_600_000, ageMs: 2 * ageMs}]};
  expect(preflightChanges(report, later)).toEqual({added: [], resolved: []});
});
