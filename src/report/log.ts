import type {Fact, JournalEntry, OperatorName} from '../model/journal.ts';
import {clockUtc, counted, painted, placeText, type TextOptions} from './labels.ts';
import type {Colour} from './paint.ts';
import {flow, pad} from './text.ts';

/** The journal in words: number, UTC time, and what happened. Each day is printed once. */
export function logText(entries: readonly JournalEntry[], options: TextOptions): string {
  const columns = String(entries.at(-1)?.seq ?? 0).length + 1;
  let day = '';
  let lastDetail: string | undefined;
  return entries
    .flatMap((entry) => {
      const today = entry.atUtc.slice(0, 10);
      const dawn = today === day ? [] : [options.paint.dim(`${today} (UTC)`)];
      day = today;
      const [what, detail] = factText(entry);
      // One problem passes through several entries: its text is printed once.
      const more = detail === lastDetail ? undefined : detail;
      lastDetail = detail;
      return [...dawn, ...entryLines(entry, {what, more, columns}, options)];
    })
    .join('\n');
}

/** What a journaled fact says, in one sentence. The second text is a detail. */
export function factText(fact: Fact): readonly [text: string, detail?: string | undefined] {
  switch (fact.kind) {
    case 'run-started':
      return [
        `${fact.rehearsal ? 'rehearsal' : 'run'} ${fact.run} of ${fact.runbook.name} on ${fact.inventory.name}${fact.inventory.protected ? ' (PROTECTED)' : ''} started by ${operatorText(fact.operator)}`,
        `plan ${fact.plan}, ${counted(fact.runbook.entries.length, 'entry', 'entries')}, switcharoo ${fact.versions.switcharoo}`,
      ];
    case 'run-resumed':
      return [
        `resumed by ${operatorText(fact.operator)}`,
        fact.accepted.length > 0 ? `with changes: ${fact.accepted.join('; ')}` : undefined,
      ];
    case 'tail-cut':
      return [
        `the last ${counted(fact.bytes, 'byte')} of the journal were an incomplete line, left by a crash, and were cut off`,
      ];
    case 'lock-taken-over':
      return [`lock taken over from ${fact.from} by ${operatorText(fact.operator)}`];
    case 'entry-started':
      return [`${fact.entry}: started`];
    case 'before':
      return [
        `${fact.entry}: before-image recorded`,
        fact.differences.length > 0
          ? fact.differences.map((it) => `${it.what}: ${it.is} -> ${it.shouldBe}`).join('; ')
          : undefined,
      ];
    case 'action-intended':
      return [
        `${fact.entry}: ${directionTexts[fact.way].intended} on ${fact.target}: ${fact.does}`,
      ];
    case 'action-performed':
      return [
        `${fact.entry}: ${directionTexts[fact.way].performed} on ${fact.target}: ${fact.does}`,
      ];
    case 'action-failed':
      return [`${fact.entry}: failed on ${fact.target}: ${fact.does}`, problemIn(fact)];
    case 'entry-done':
      return [
        `${fact.entry}: done${fact.changedByRun ? '' : ' (nothing to change)'}`,
        fact.remarks?.map((remark) => `warning: ${remark}`).join(' '),
      ];
    case 'entry-bookmarked':
      return [`${fact.entry}: progress of the check saved`];
    case 'entry-failed':
      return [`${fact.entry}: failed`, problemIn(fact)];
    case 'entry-skipped':
      return [`${fact.entry}: skipped by ${fact.by}`, `reason: ${fact.reason}`];
    case 'answered':
      return [
        `${fact.by} answered "${fact.answer}" to: ${fact.question}`,
        fact.details.length > 0 ? fact.details.join('; ') : undefined,
      ];
    case 'checkpoint-reached':
      return [`checkpoint ${fact.name} reached`];
    case 'point-of-no-return-passed':
      return ['point of no return passed', fact.because];
    case 'reverse-started':
      return [
        `reversal to ${placeText(fact.to)} started by ${operatorText(fact.operator)}`,
        `plan ${fact.plan}, ${counted(fact.entries.length, 'entry', 'entries')}`,
      ];
    case 'entry-reversing':
      return [`${fact.entry}: reversing`];
    case 'entry-reversed':
      return [`${fact.entry}: reversed and verified`];
    case 'reverse-failed':
      return [`${fact.entry}: REVERSAL FAILED`, problemIn(fact)];
    case 'run-reversed':
      return [`reversed to ${placeText(fact.to)}`];
    case 'run-paused':
      return [
        fact.until === undefined ? 'paused' : `paused at ${fact.until}, as requested`,
        fact.problem && problemIn({problem: fact.problem}),
      ];
    case 'run-done':
      return ['run done'];
  }
}

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
  'action-failed': 'red',
  'entry-failed': 'red',
  'reverse-failed': 'red',
};

const directionTexts = {
  forward: {intended: 'applying', performed: 'applied'},
  reverse: {intended: 'reversing', performed: 'reversed'},
} as const;

const problemIn = ({problem}: {problem: {message: string; code: string}}): string =>
  `${problem.message} (${problem.code})`;

const operatorText = ({user, host, pid}: OperatorName): string => `${user}@${host} (pid ${pid})`;
