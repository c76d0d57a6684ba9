/** What a unit of a fleet is now, as it is stored: runners of the release before read it, too. */
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

/** The same for people, in the order in which a unit comes to them. */
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

/** As the end of a sentence about it. */
export const statusClause = (status: UnitStatus): string =>
  status === 'offered' ? statusText(status) : `is ${statusText(status)}`;
