import type {Hint} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';

/** The journal of the run is of no use in its own folder. */
export const isJournalLost = ({code}: Pick<Problem, 'code'>): boolean =>
  code === 'journal-damaged' || code === 'fleet-journal-missing';

/** What to do about a problem of a run, where its own hint has options that no command of a fleet takes. */
export function problemInFleet<Stored extends Problem | null>(
  problem: Stored,
  unit: string,
): Stored {
  const hint = problem && hints[problem.code]?.(unit);
  return hint ? {...problem, hint} : problem;
}

/** The same about a run that somebody took from this host: the unit is taken back with it. */
export function lossInFleet(problem: Problem, unit: string): Problem {
  const {hint} = problem;
  return typeof hint === 'object' && hint.command.startsWith('take-over ')
    ? {...problem, hint: {text: hint.text, command: `fleet take-over ${unit}`}}
    : problem;
}

const resume = (text: string) => (unit: string) => ({text, command: `fleet resume ${unit}`});
const byHand = (text: string) => (): Hint =>
  `${text} Or continue the run by hand, on the host of its journal.`;

const hints: Readonly<Record<string, (unit: string) => Hint>> = {
  'journal-damaged': (unit) => ({
    text: `Restore the file from a copy, and then run "fleet resume ${unit}". Without a copy, undo by hand what "log RUN" shows, and then run this on the host that has the journal`,
    command: `fleet take-over ${unit} --journal-lost REASON`,
  }),
  'run-damaged': resume(
    'Restore its journal from a copy, or move the folder of that run out of the state folder when you are sure that none of its changes is in place. Then let the unit continue with',
  ),
  'systems-claimed': resume(
    'Wait until that run is over, or finish or reverse it. Then let the unit continue with',
  ),
  'outside-window': resume(
    'A window that opens later lets the unit continue by itself. Otherwise, change "window" in its inventory, and then let the unit continue with',
  ),
  'calendar-unknown': resume(
    'Check the network, the ARN and the permission ssm:GetCalendarState, which "permissions" lists. Then let the unit continue with',
  ),
  'runbook-changed': byHand(
    'Restore the files with which the run began, and then use "fleet resume".',
  ),
};
