import {expect, test} from 'vitest';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type NoticeFold, noEntries, noticesAfter} from '../../src/notify/notices.ts';
import {slackMessage} from '../../src/notify/slack.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';

const run = 'shop-move-20260301-1';
const started = runStarted({
  runbook: {
    name: 'shop-move',
    file: 'runbooks/shop-move.ts',
    digest: 'r1',
    entries: ['freeze', 'open', 'accept'].map((id) => ({
      ...{id, phase: 'Cut over', unit: `x.${id}`, digest: id},
    })),
    outage: {from: ['freeze'], until: ['open'], reversibleTo: [null]},
  },
  inventory: {name: 'production', file: 'p.yaml', digest: 'i1', protected: true},
  longestOutageMs: 300_000,
});
const problem = {code: 'jammed', message: 'It is jammed.', hint: {text: 'Try', command: 'status'}};
const operator = {user: 'bob', host: 'laptop', pid: 1};

/** Each event with the text that people read. */
function textsOf(entries: readonly JournalEntry[]): readonly (readonly [string, string])[] {
  let fold: NoticeFold = noEntries;
  return entries.flatMap((entry) => {
    const after = noticesAfter(fold, entry, '/srv/state');
    fold = after.fold;
    return after.notices.map(({notice: {event, text}}) => [event, text] as const);
  });
}

const look = (host = 'bastion') =>
  `Details: switcharoo status ${run} --state-dir /srv/state (on ${host})`;

test('a run tells when it starts, when the outage begins and how long it was, when it asks, and when it is done', () => {
  const told: Told[] = [
    started,
    ...stepDone('freeze', 'set read_only = ON'),
    [40, {kind: 'entry-started', entry: 'open'}],
    {kind: 'entry-done', entry: 'open', output: {}, changedByRun: true},
    {
      kind: 'asked',
      entry: 'accept',
      about: 'confirmation',
      question: 'Accept the new side?',
      details: ['5xx: 0 of 1200.'],
      person: 'ada',
    },
    [600, {kind: 'run-done'}],
  ];
  const head = 'shop-move on production:';
  expect(textsOf(journalOf(told))).toEqual([
    ['started', `${head} started by ada@bastion.\n${look()}`],
    [
      'outage-began',
      `${head} the outage has started. Writes have been refused since 03:00:01 UTC.\nIts limit of 5 m 00 s ends at 03:05:01 UTC.\n${look()}`,
    ],
    [
      'outage-ended',
      `${head} the outage is over. It lasted 42 s, from 03:00:01 to 03:00:43 UTC.\n${look()}`,
    ],
    [
      'asks',
      `${head} waiting since 03:00:44 UTC for an answer from ada: Accept the new side?\n5xx: 0 of 1200.\n${look()}`,
    ],
    ['done', `${head} done after 10 m 44 s, with an outage of 42 s.\n${look()}`],
  ]);
});

test('a run that fails in the outage tells what failed, what is in place, and how it goes on', () => {
  const told: Told[] = [
    started,
    ...stepDone('freeze', 'set read_only = ON'),
    {kind: 'entry-failed', entry: 'open', problem},
    {kind: 'run-paused', problem},
    [30, {kind: 'run-resumed', operator, accepted: []}],
    {kind: 'reverse-started', to: null, plan: 'd', entries: ['freeze'], operator},
    {kind: 'entry-reversing', entry: 'freeze'},
    {kind: 'entry-reversed', entry: 'freeze'},
    {kind: 'run-reversed', to: null},
  ];
  const head = 'shop-move on production:';
  const outage = 'OUTAGE: writes have been refused since 03:00:01 UTC.';
  expect(textsOf(journalOf(told)).slice(2)).toEqual([
    ['failed', `${head} open failed.\nIt is jammed.\nTry: switcharoo status\n${outage}\n${look()}`],
    [
      'paused',
      `${head} paused.\nIt is jammed.\nChanges in place: freeze.\nContinue with switcharoo resume ${run}, or reverse with switcharoo reverse ${run}.\n${outage}\n${look()}`,
    ],
    [
      'resumed',
      `${head} resumed by bob@laptop.\nChanges in place: freeze.\n${outage}\n${look('laptop')}`,
    ],
    ['reversing', `${head} the reversal to the start has started.\n${outage}\n${look('laptop')}`],
    [
      'outage-ended',
      `${head} the outage is over. It lasted 36 s, from 03:00:01 to 03:00:37 UTC.\n${look('laptop')}`,
    ],
    [
      'reversed',
      `${head} reversed to the start.\nNo changes of this run are in place.\n${look('laptop')}`,
    ],
  ]);
});

test('a reversal that failed is the loudest notice, and a checkpoint is no failure', () => {
  const told: Told[] = [
    started,
    {kind: 'run-paused', until: 'prepared'},
    {kind: 'reverse-failed', entry: 'freeze', problem},
  ];
  const [, paused, failed] = textsOf(journalOf(told));
  expect(paused?.[1]).toContain('shop-move on production: paused at prepared, as requested.\n');
  expect(failed?.[1]).toContain(
    'shop-move on production: REVERSAL FAILED at freeze. MANUAL INTERVENTION REQUIRED.\nIt is jammed.',
  );
});

test('a webhook receives version 1 of this shape, with an identity of its own for each notice', () => {
  const [entry] = journalOf([started]);
  const told = entry ? noticesAfter(noEntries, entry, '/srv/state').notices : [];
  expect(told.map(({notice}) => notice)).toEqual([
    {
      version: 1,
      id: `${run}/0/started`,
      event: 'started',
      atUtc: '2026-03-01T03:00:00.000Z',
      run,
      runbook: 'shop-move',
      inventory: 'production',
      protected: true,
      rehearsal: false,
      operator: 'ada@bastion',
      summary: 'shop-move on production: started by ada@bastion.',
      details: [],
      command: `switcharoo status ${run} --state-dir /srv/state (on bastion)`,
      text: `shop-move on production: started by ada@bastion.\n${look()}`,
    },
  ]);
});

test('Slack is told in its own signs, which a question cannot forge', () => {
  const asked: Told = {
    kind: 'asked',
    entry: 'accept',
    about: 'confirmation',
    details: [],
    person: 'ada',
    question: 'Is <!channel> & co. ready?',
  };
  const entries = journalOf([started, asked]);
  let fold: NoticeFold = noEntries;
  const notices = entries.flatMap((entry) => {
    const after = noticesAfter(fold, entry, '/s');
    fold = after.fold;
    return after.notices.map(({notice}) => notice);
  });
  const summary =
    'shop-move on production: waiting since 03:00:01 UTC for an answer from ada: Is &lt;!channel&gt; &amp; co. ready?';
  expect(notices.slice(1).map(slackMessage)).toEqual([
    {
      text: summary,
      blocks: [
        {type: 'section', text: {type: 'mrkdwn', text: `:raising_hand: *${summary}*`}},
        {
          type: 'context',
          elements: [
            {type: 'mrkdwn', text: `\`switcharoo status ${run} --state-dir /s (on bastion)\``},
          ],
        },
      ],
    },
  ]);
});
