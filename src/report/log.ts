import type {Fact, FactKind, FactOf, JournalEntry} from '../model/journal.ts';
import type {OperatorName} from '../model/run-started.ts';
import {
  clockUtc,
  counted,
  durationText,
  momentUtc,
  painted,
  placeText,
  type TextOptions,
} from './labels.ts';
import {undeliveredText} from './notices-text.ts';
import type {Colour} from './paint.ts';
import {flow, pad} from './text.ts';

/** The journal in words: number, UTC time, and what happened. Each day is printed once. */
export const logText = (entries: readonly JournalEntry[], options: TextOptions): string =>
  logFollower(options)(entries);

/**
 * The same, a few entries at a time: each call is given the entries after those of the call before.
 * `numberColumns`: how wide a number will be at least, with its "#".
 */
export function logFollower(
  options: TextOptions,
  numberColumns = 0,
): (entries: readonly JournalEntry[]) => string {
  let columns = numberColumns;
  let day = '';
  let lastDetail: string | undefined;
  const linesOf = (entry: JournalEntry): readonly string[] => {
    const today = entry.atUtc.slice(0, 10);
    const dawn = today === day ? [] : [options.paint.dim(`${today} (UTC)`)];
    day = today;
    const [what, detail] = factText(entry);
    // One problem passes through several entries: its text is printed once.
    const more = detail === lastDetail ? undefined : detail;
    lastDetail = detail;
    return [...dawn, ...entryLines(entry, {what, more, columns}, options)];
  };
  return (entries) => {
    columns = Math.max(columns, String(entries.at(-1)?.seq ?? 0).length + 1);
    return entries.flatMap(linesOf).join('\n');
  };
}

/** A person let it work beside these runs, whatever they changed. */
const besidesTexts = ({
  besides = [],
  outsideWindow,
}: Pick<FactOf<'run-resumed'>, 'besides' | 'outsideWindow'>): readonly string[] => [
  ...(besides.length > 0 ? [`allowed beside ${besides.join(', ')} (--besides)`] : []),
  ...(outsideWindow === undefined ? [] : [`outside the window, because: ${outsideWindow}`]),
];

type FactText = readonly [text: string, detail?: string | undefined];

/** What a journaled fact says, in one sentence. The second text is a detail. */
export const factText = (fact: Fact): FactText =>
  (factTexts[fact.kind] as (fact: Fact) => FactText)(fact); // the text of its own kind

const factTexts: {readonly [Kind in FactKind]: (fact: FactOf<Kind>) => FactText} = {
  'run-started': (fact) => [
    `${fact.rehearsal ? 'rehearsal' : 'run'} ${fact.run} of ${fact.runbook.name} on ${fact.inventory.name}${fact.inventory.protected ? ' (PROTECTED)' : ''} started by ${operatorText(fact.operator)}`,
    [
      `plan ${fact.plan}, ${counted(fact.runbook.entries.length, 'entry', 'entries')}, switcharoo ${fact.versions.switcharoo}`,
      ...besidesTexts(fact),
    ].join('; '),
  ],
  'run-resumed': (fact) => [
    `resumed by ${operatorText(fact.operator)}`,
    [
      ...(fact.accepted.length > 0 ? [`with changes: ${fact.accepted.join('; ')}`] : []),
      ...(fact.time ? [timeTexts[fact.time]] : []),
      ...besidesTexts(fact),
      ...(fact.alone ? ['without the shared journal: its store could not be reached'] : []),
    ].join('; ') || undefined,
  ],
  'process-stopped': (fact) => [
    `this process did not run for ${durationText(fact.ms)}, from ${clockUtc(new Date(fact.sinceUtc))} UTC${fact.inOutage ? ', during the outage' : ''}`,
    'everything is checked again before the next action',
  ],
  'clock-set': (fact) => [
    `the clock of this machine was set ${fact.byMs < 0 ? 'back' : 'forward'} by ${durationText(Math.abs(fact.byMs))}, to ${momentUtc(new Date(fact.clockUtc))}`,
    'this run keeps its own time, and is not affected',
  ],
  'outage-limit-passed': (fact) => [
    `the outage has exceeded its limit of ${durationText(fact.limitMs)}`,
    'what the run waited for was ended',
  ],
  'reserve-given-back': (fact) => [
    `the disk is full: part of the reserve was released, ${Math.floor(fact.leftBytes / 1024)} KB of it are left`,
  ],
  'reserve-filled': (fact) => [`the reserve was refilled to ${Math.floor(fact.bytes / 1024)} KB`],
  'tail-cut': (fact) => [
    `the last ${counted(fact.bytes, 'byte')} of the journal were an incomplete line, left by a crash, and were cut off`,
  ],
  'lock-taken-over': (fact) => [
    `lock taken over from ${fact.from} by ${operatorText(fact.operator)}`,
    fact.notBeforeUtc === undefined
      ? undefined
      : `no action of the earlier holder is in flight after ${fact.notBeforeUtc}`,
  ],
  'earlier-holder-stopped': ({because}) => [`the earlier holder has stopped: ${because}`],
  'not-shared': ({because}) => ['the run goes on without the shared journal', because],
  'unshared-added': ({by, entries, operator}) => [
    `${operatorText(operator)} added the next ${counted(entries, 'entry', 'entries')}: ${by} wrote them before, while the store was away`,
  ],
  'run-handed-over': ({to, operator}) => [`handed over to ${to} by ${operatorText(operator)}`],
  'systems-claimed': ({lasting, whileActing, unreachable, regained}) => [
    [
      ...(lasting.length > 0 ? [`claimed ${lasting.join(', ')}`] : []),
      ...(whileActing.length > 0
        ? [`claimed ${whileActing.join(', ')} while this process works`]
        : []),
      ...(unreachable.length > 0 ? [`could not claim ${unreachable.join(', ')}: unreachable`] : []),
    ].join('; '),
    regained.length > 0
      ? `somebody had taken over the claim on ${regained.join(', ')}: another run may have changed it meanwhile`
      : undefined,
  ],
  'entry-started': (fact) => [`${fact.entry}: started`],
  before: (fact) => [
    `${fact.entry}: before-image recorded`,
    fact.differences.length > 0
      ? fact.differences.map((it) => `${it.what}: ${it.is} -> ${it.shouldBe}`).join('; ')
      : undefined,
  ],
  'action-intended': (fact) => [
    `${fact.entry}: ${directionTexts[fact.way].intended} on ${fact.target}: ${fact.does}`,
  ],
  'action-performed': (fact) => [
    `${fact.entry}: ${directionTexts[fact.way].performed} on ${fact.target}: ${fact.does}`,
    fact.notes?.join('; '),
  ],
  'action-failed': (fact) => [
    `${fact.entry}: failed on ${fact.target}: ${fact.does}`,
    [problemIn(fact), ...(fact.notes ?? [])].join(' '),
  ],
  'action-unsent': (fact) => [
    `${fact.entry}: not sent to ${fact.target}: ${fact.does}`,
    problemIn(fact),
  ],
  'entry-done': (fact) => [
    `${fact.entry}: done${fact.changedByRun ? '' : ' (nothing to change)'}`,
    [
      ...(fact.remarks ?? []).map((remark) => `warning: ${remark}`),
      ...(fact.notes ? [fact.notes.join('. ')] : []),
    ].join(' ') || undefined,
  ],
  'entry-lapsed': ({entry, differences, since}) => [
    `${entry}: no longer in place, ${since}`,
    differences.map(({what, is, shouldBe}) => `${what}: ${is}, should be ${shouldBe}`).join('; '),
  ],
  'entry-upheld': (fact) => [`${fact.entry}: in place again`],
  'entry-bookmarked': (fact) => [`${fact.entry}: progress of the check saved`],
  'entry-failed': (fact) => [`${fact.entry}: failed`, problemIn(fact)],
  'entry-skipped': (fact) => [
    `${fact.entry}: skipped by ${fact.by}`,
    [
      `reason: ${fact.reason}`,
      ...(fact.impossible.length > 0
        ? [`impossible without it: ${fact.impossible.join(', ')}`]
        : []),
    ].join('; '),
  ],
  'skip-withdrawn': (fact) => [`${fact.entry}: skip withdrawn by ${fact.by}`],
  asked: (fact) => [`${fact.person} is asked: ${fact.question}`],
  answered: (fact) => [
    `${fact.by} answered "${fact.answer}"${fact.note ? ` (${fact.note})` : ''} to: ${fact.question}`,
    fact.details.length > 0 ? fact.details.join('; ') : undefined,
  ],
  approved: ({entry, principal, givenUtc, digest, group, from}) => [
    `${entry}: approved by ${principal} (${group}) at ${momentUtc(new Date(givenUtc))}`,
    `digest ${digest}, from ${from}; the time is from the clock of the store`,
  ],
  'approval-void': ({entry, principal}) => [
    `${entry}: the approval by ${principal} no longer counts`,
  ],
  'operator-identified': ({principal}) => [`this process uses the keys of ${principal}`],
  'checkpoint-reached': (fact) => [`checkpoint ${fact.name} reached`],
  'point-of-no-return-passed': (fact) => ['point of no return passed', fact.because],
  'reverse-started': (fact) => [
    `reversal to ${placeText(fact.to)} started by ${operatorText(fact.operator)}`,
    `plan ${fact.plan}, ${counted(fact.entries.length, 'entry', 'entries')}`,
  ],
  'entry-reversing': (fact) => [`${fact.entry}: reversing`],
  'entry-reversed': (fact) => [`${fact.entry}: reversed and verified`],
  'reverse-failed': (fact) => [`${fact.entry}: REVERSAL FAILED`, problemIn(fact)],
  'run-reversed': (fact) => [`reversed to ${placeText(fact.to)}`],
  'run-paused': (fact) => [
    fact.until === undefined ? 'paused' : `paused at ${fact.until}, as requested`,
    fact.problem && problemIn({problem: fact.problem}),
  ],
  'run-done': () => ['run done'],
  'people-told': ({deliveries}) => {
    const failed = deliveries.filter(({because}) => because !== undefined);
    return [
      `${counted(deliveries.length - failed.length, 'notice')} delivered, ${failed.length} not`,
      failed.length > 0 ? failed.map(undeliveredText).join('; ') : undefined,
    ];
  },
};

function entryLines(
  entry: JournalEntry,
  {what, more, columns}: {what: string; more: string | undefined; columns: number},
  {width, paint}: TextOptions,
): string[] {
  const head = `${pad(`#${entry.seq}`, columns)}  ${clockUtc(new Date(entry.atUtc))}  `;
  const colour = colours[entry.kind];
  return [
    ...flow([{text: what, paint: (text) => painted(paint, colour, text)}], {
      width,
      first: head,
      rest: pad('', head.length),
    }),
    ...(more
      ? flow([{text: more, paint: paint.dim}], {width, first: pad('', head.length + 2)})
      : []),
  ];
}

const colours: Readonly<Partial<Record<Fact['kind'], Colour>>> = {
  'entry-done': 'green',
  'run-done': 'green',
  'checkpoint-reached': 'cyan',
  'point-of-no-return-passed': 'red',
  'entry-skipped': 'yellow',
  'entry-reversed': 'yellow',
  'run-reversed': 'yellow',
  'run-paused': 'yellow',
  'process-stopped': 'red',
  'clock-set': 'yellow',
  'outage-limit-passed': 'red',
  'action-failed': 'red',
  'action-unsent': 'red',
  'entry-failed': 'red',
  'reverse-failed': 'red',
};

/** What waits trust that count from a time in the journal. */
const timeTexts = {
  monotonic: 'time since the last entry is measured by this machine, which was not restarted',
  utc: 'time since the last entry is measured by the UTC clock of this machine',
  'last-entry':
    'the clock of this machine is behind the last entry: time continues from that entry',
} as const;

const directionTexts = {
  forward: {intended: 'applying', performed: 'applied'},
  reverse: {intended: 'reversing', performed: 'reversed'},
  upkeep: {intended: 'applying again', performed: 'applied again'},
} as const;

const problemIn = ({problem}: {problem: {message: string; code: string}}): string =>
  `${problem.message} (${problem.code})`;

const operatorText = ({user, host, pid}: OperatorName): string => `${user}@${host} (pid ${pid})`;
