import {describe, expect, test} from 'vitest';
import type {Forecast} from '../../src/forecast/forecast.ts';
import {forecasterOf} from '../../src/forecast/forecast.ts';
import type {FactOf, JournalEntry} from '../../src/model/journal.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import {statusForecastTexts} from '../../src/report/forecast-lines.ts';
import {runPage} from '../../src/report/index.ts';
import {partsOf} from '../../src/report/page/parts.ts';
import {reportOf} from '../../src/report/run-report.ts';
import {digests, pastRun, shop, usual} from '../forecast/nights.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';
import {entries} from './made-up.ts';

const now = new Date('2026-03-01T03:10:00Z');
const holder = {user: 'ada', host: 'laptop', pid: 4711};
const runbook = {
  ...{name: 'shop-move', file: 'shop-move.ts', digest: 'r', entries: [...entries]},
  hold: {from: ['freeze'], until: ['open']},
};
const begun = (given: Partial<Omit<FactOf<'run-started'>, 'kind'>> = {}) =>
  runStarted({runbook, ...given});
const decideBy = {decideByUtc: '2026-03-01T03:41:00.000Z'};
const accepted = 'The cutover must be accepted by 03:41:00 UTC.';

/** What the page says now, by the name of its row, as text. */
function rowsOf(told: readonly Told[], seen: Partial<Parameters<typeof runPage>[2]> = {}) {
  const journal: JournalEntry[] = journalOf(told);
  const page = runPage(journal, reportOf(journal), {now, holder, ...seen});
  const rows = [...(partsOf(page)['now'] ?? '').matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)];
  return Object.fromEntries(
    rows.map(([, name = '', html = '']) => [name, html.replaceAll(/<[^>]+>/g, '')]),
  );
}

const known = forecasterOf({
  ...{runbook: shop, digests, inventory: 'lab', params: {}},
  past: [pastRun(usual, {isReversed: true})],
})() as Forecast;

describe('the page of a run under way', () => {
  test('says since when new connections have been waiting, with a clock', () => {
    const html = rowsOf([begun(), ...stepDone('freeze', 'freeze')])['Hold'];
    expect(html).toBe('9 m 58 s New connections have been waiting since 03:00:01 UTC.');
    expect(
      rowsOf([begun(), ...stepDone('freeze', 'freeze'), ...stepDone('open', 'open')]),
    ).not.toHaveProperty('Hold');
  });

  test('says what those who are asked were told, and which approvals are missing', () => {
    const approval = {
      ...{digest: 'd1', by: 'dba', of: 2, validForMs: 3_600_000},
      principals: ['arn:aws:iam::1:user/kim', 'arn:aws:iam::1:user/lea'],
    };
    const facts: readonly Told[] = [
      begun({storePlace: 's3://cutovers'}),
      {kind: 'entry-started', entry: 'go'},
      {
        ...{kind: 'asked', entry: 'go', about: 'approval', question: 'Approve the cutover?'},
        ...{details: ['Users cannot write for 6 to 10 s.'], person: 'dba', approval},
      },
    ];
    const rows = rowsOf(facts);
    expect(rows['Waiting for an answer']).toMatch(
      /Approve the cutover\?.*Told at 03:00:\d\d UTC: Users cannot write for 6 to 10 s\.$/,
    );
    // It was true as long as the process waited.
    expect(rowsOf(facts, {holder: {...holder, dead: true}})['Was asked']).toMatch(
      /Approve the cutover\?$/,
    );
    expect(rows['Approvals']).toBe(
      'go still needs 2 of 2 approvals by dba. To approve: switcharoo approve shop-move-20260301-1 go --shared s3://cutovers',
    );
  });

  test('says until when it must be accepted, with a forecast and without', () => {
    expect(rowsOf([begun(decideBy)])).toMatchObject({'Decide by': accepted});
    const rows = rowsOf([begun(decideBy)], {forecast: known});
    expect(rows['Forecast']).toMatch(
      /The cutover must be accepted by 03:41:00 UTC\. A reversal from smoke to the start takes /,
    );
    expect(rows).not.toHaveProperty('Decide by');
  });

  test('says of a process on another host when it was last heard, and not that it works', () => {
    const lastHeard = new Date('2026-03-01T03:00:03Z');
    const rows = rowsOf([begun(), ...stepDone('freeze', 'freeze')], {
      holder: {...holder, lastHeard},
    });
    expect(rows).toMatchObject({
      'Last heard from': '9 m 57 s ago',
      Process:
        'ada@laptop, pid 4711; last heard from at 03:00:03 UTC; whether it still works is not known here.',
    });
    expect(rowsOf([begun()])).not.toHaveProperty('Last heard from');
  });

  test('says why it expects no end', () => {
    const noForecast = 'Not known here, because nobody has rehearsed.';
    expect(rowsOf([begun()], {noForecast})).toMatchObject({'Expected end': noForecast});
    expect(rowsOf([begun()])).not.toHaveProperty('Expected end');
  });
});

describe('the time to decide by, in a status', () => {
  const progress = (...told: readonly Told[]) =>
    progressOf(journalOf([begun(decideBy), ...told])) as Progress;
  const seen = {now, isWatched: true};

  test('is there without a forecast, and leaves the times of the reversals with one', () => {
    expect(statusForecastTexts(progress(), seen)).toEqual([accepted]);
    const texts = statusForecastTexts(progress(), {...seen, forecast: known});
    expect(texts.filter((text) => text.startsWith('The cutover must be accepted by'))).toHaveLength(
      1,
    );
    expect(texts.filter((text) => text.startsWith('A reversal'))).toHaveLength(
      known.reversals.length,
    );
    expect(known.reversals.length).toBeGreaterThan(0);
  });

  test('is told in the past once it has passed, and no more of a run that is over', () => {
    const later = {...seen, now: new Date('2026-03-01T03:41:01Z')};
    expect(statusForecastTexts(progress(), later)).toEqual([
      'The cutover had to be accepted by 03:41:00 UTC.',
    ]);
    expect(statusForecastTexts(progress({kind: 'run-done'}), later)).toEqual([]);
  });
});
