import type {Problem} from './problem.ts';

/** The status of a unit of a fleet as it is stored: runners of the earlier release read it, too. */
export type UnitStatus =
  | 'waiting'
  | 'admitted'
  | 'running'
  | 'done'
  | 'failed'
  | 'offered'
  | 'left-out';

/** The same for programs that read the documents. */
export type ShownStatus = Exclude<UnitStatus, 'admitted' | 'offered'> | 'queued' | 'needs-person';

export const shownStatus = (status: UnitStatus): ShownStatus =>
  status === 'admitted' ? 'queued' : status === 'offered' ? 'needs-person' : status;

/** The same for people, in the order in which a unit reaches them. */
export const statusWords: Readonly<Record<ShownStatus, string>> = {
  waiting: 'waiting',
  queued: 'queued',
  running: 'under way',
  done: 'done',
  failed: 'failed',
  'needs-person': 'needs a person',
  'left-out': 'left out',
};

export const statusText = (status: UnitStatus): string => statusWords[shownStatus(status)];

/** Others gave it to a person because its runner was silent. It is still that runner's, which may answer again. */
export const isRunnerSilent = ({status, problem}: Decision): boolean =>
  (status === 'offered' || status === 'needs-person') && problem?.code === 'fleet-runner-silent';

/** A process that no runner started works on its run. */
export const isByHand = ({problem}: Pick<Decision, 'problem'>): boolean =>
  problem?.code === 'fleet-run-by-hand';

interface Decision {
  readonly status: UnitStatus | ShownStatus;
  readonly problem: Pick<Problem, 'code'> | null;
}

/** Whether a person may order that it continues, or begins again. */
export const mayBeResumed = (unit: Decision): boolean =>
  ['failed', 'offered', 'needs-person'].includes(unit.status) &&
  !isRunnerSilent(unit) &&
  !isByHand(unit);

/** As the end of a sentence about it. */
export const statusClause = (status: UnitStatus): string =>
  status === 'offered' ? statusText(status) : `is ${statusText(status)}`;
