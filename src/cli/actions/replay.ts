import {readJournal} from '../../journal/read-journal.ts';
import type {Progress} from '../../model/progress.ts';
import {
  appliedTexts,
  foldWithOutage,
  logText,
  nextText,
  outageMs,
  statusText,
} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {isAtWork, momentOfRun} from '../../run/moment-of-run.ts';
import type {App} from '../app.ts';
import {commandsAt} from '../next-commands.ts';
import {printDocument} from '../print-document.ts';
import {statusDocument} from './status.ts';

/** Shows a run as it was at a moment, from its journal alone: it reads no lock and asks no target. */
export function replayRun(app: App, name: string | undefined, at: string): ExitCode {
  const {entries} = readJournal(app.state.journalOf(chooseRun(app, name)));
  const moment = momentOfRun(entries, at);
  const {progress, outage} = foldWithOutage(moment.entries);
  const last = moment.entries.at(-1);
  if (!progress || !last) {
    throw new TypeError('A journal begins with the start of its run.');
  }
  const commands = commandsAt(app, progress);
  const isBusy = isAtWork(moment, progress);
  // What the process of another host has done since its last shared entry is not known here.
  const heard = app.shared && !moment.next ? {lastHeard: progress.lastAt} : {};
  const keys = isBusy ? keysAt(progress) : [];
  if (app.json) {
    printDocument(app, 'replay', {
      ...statusDocument(progress, undefined, []),
      atUtc: moment.at.toISOString(),
      changesInPlace: appliedTexts(progress),
      outageMs: outage ? outageMs(outage, moment.at) : null,
      keys,
      commands: commands.map(({command}) => command),
    });
    return exitCodes.done;
  }
  const options = {...app, now: moment.at, next: [], otherRuns: []};
  const status = statusText(progress, {
    ...options,
    ...(isBusy ? {holder: {...progress.operator, ...heard}} : {}),
    ...(outage ? {outage} : {}),
  });
  app.print(
    [
      app.paint.dim(`As it was at ${moment.at.toISOString()}, after entry #${last.seq}:`),
      logText([last], app),
      '',
      status,
      ...section(
        app,
        'Keys at that moment',
        keys.map((text) => `  ${text}`),
      ),
      ...section(app, 'Commands at that moment', nextText(commands, app, '  ')),
    ].join('\n'),
  );
  return exitCodes.done;
}

const section = (app: App, title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', app.paint.bold(title), ...lines];

/** What the keyboard of the run took at that moment. */
function keysAt(progress: Progress): readonly string[] {
  const {questions} = progress;
  const stop = 'Ctrl-C: finish the action in flight, then pause; twice: end that action, too';
  return questions.length === 0
    ? [stop]
    : [
        ...questions.map((open) => answerTo(open, progress)),
        'Ctrl-C: leave the question unanswered, and pause the run',
      ];
}

function answerTo(
  {about, entry, question}: Progress['questions'][number],
  {checkpoints, passedPointOfNoReturn}: Progress,
): string {
  const places = passedPointOfNoReturn ? [] : [...checkpoints, 'the start'];
  const ways = ['stop', 'retry', ...places.map((place) => `reverse to ${place}`)];
  return about === 'failure'
    ? `an answer from the menu of ${entry} (${ways.join(', ')}): ${question}`
    : `the answer to: ${question}`;
}
