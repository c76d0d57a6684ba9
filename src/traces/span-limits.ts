import type {FactOf, JournalEntry} from '../model/journal.ts';

interface Beginning {
  readonly key: string;
  /** The keys of what it may be a part of, the nearest first. */
  readonly within: readonly string[];
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | boolean>>;
}

type Started = FactOf<'run-started'>;

/** Of the span of a process. */
export const sessionKey = 'session';
export const reversalKey = 'reversal';

/** The span that begins with an entry of the journal. */
export function beginningOf(
  fact: JournalEntry,
  started: Started,
  kindOf: (target: string) => string | undefined,
): Beginning | undefined {
  const {runbook} = started;
  switch (fact.kind) {
    case 'run-started':
      return {key: sessionKey, within: [], name: runbook.name, attributes: about(started)};
    case 'run-resumed':
      return {
        ...{key: sessionKey, within: [], name: `${runbook.name} resumed`},
        attributes: about(started),
      };
    case 'reverse-started': {
      const name = `reverse to ${fact.to ?? 'the start'}`;
      return {key: reversalKey, within: [sessionKey], name, attributes: {}};
    }
    case 'entry-started':
      return beginningOfEntry(fact.entry, 'forward', runbook);
    case 'entry-reversing':
      return beginningOfEntry(fact.entry, 'reverse', runbook);
    case 'entry-lapsed':
      return beginningOfEntry(fact.entry, 'upkeep', runbook);
    case 'action-intended': {
      const {attributes} = beginningOfEntry(fact.entry, fact.way, runbook);
      const {target} = fact;
      const kind = kindOf(target);
      return {
        key: actionKey(fact),
        within: [entryKey(fact), reversalKey, sessionKey],
        name: `${attributes['switcharoo.step'] ?? fact.entry} on ${target}`,
        attributes: {
          ...attributes,
          'switcharoo.target': target,
          ...(kind === undefined ? {} : {'switcharoo.target.kind': kind}),
        },
      };
    }
    case 'asked': {
      const {entry, about} = fact;
      const within = [entryKey(fact), reversalKey, sessionKey];
      const attributes = entry === null ? {} : {'switcharoo.entry': entry};
      return {key: questionKey(fact), within, name: `ask: ${about}`, attributes};
    }
    default:
      return undefined;
  }
}

const about = ({runbook, inventory, rehearsal}: Started) => ({
  'switcharoo.runbook': runbook.name,
  'switcharoo.inventory': inventory.name,
  'switcharoo.rehearsal': rehearsal,
});

function beginningOfEntry(entry: string, way: string, runbook: Started['runbook']): Beginning {
  const digest = runbook.entries.find(({id}) => id === entry);
  return {
    key: entryKey({entry}),
    within: [reversalKey, sessionKey],
    name: way === 'forward' ? entry : `${way} ${entry}`,
    attributes: {
      'switcharoo.entry': entry,
      'switcharoo.way': way,
      ...(digest ? {'switcharoo.step': digest.unit, 'switcharoo.phase': digest.phase} : {}),
    },
  };
}

interface End {
  /** A key, or `all`: the process ends. */
  readonly of: string;
  readonly outcome: string;
  /** Of the problem. */
  readonly code?: string | undefined;
}

/** What ends with an entry of the journal. */
export function endOf(fact: JournalEntry): End | undefined {
  switch (fact.kind) {
    case 'entry-done':
      return {of: entryKey(fact), outcome: fact.changedByRun ? 'applied' : 'already-in-place'};
    case 'entry-skipped':
      return {of: entryKey(fact), outcome: 'skipped'};
    case 'entry-reversed':
      return {of: entryKey(fact), outcome: 'reversed'};
    case 'entry-upheld':
      return {of: entryKey(fact), outcome: 'upheld'};
    case 'entry-failed':
    case 'reverse-failed':
      return {of: entryKey(fact), outcome: 'failed', code: fact.problem.code};
    case 'action-performed':
      return {of: actionKey(fact), outcome: 'performed'};
    case 'action-unsent':
      return {of: actionKey(fact), outcome: 'unsent', code: fact.problem.code};
    case 'action-failed':
      return {of: actionKey(fact), outcome: 'failed', code: fact.problem.code};
    case 'answered':
      return {of: questionKey(fact), outcome: 'answered'};
    case 'run-paused':
      return {of: 'all', outcome: 'paused', code: fact.problem?.code};
    case 'run-handed-over':
      return {of: 'all', outcome: 'handed-over'};
    default:
      return endOfRun(fact);
  }
}

function endOfRun({kind}: JournalEntry): End | undefined {
  if (kind === 'run-done') {
    return {of: 'all', outcome: 'done'};
  }
  return kind === 'run-reversed' ? {of: 'all', outcome: 'reversed'} : undefined;
}

const entryKey = ({entry}: {readonly entry: string | null}): string => `entry ${entry}`;

type ActionWords = Omit<FactOf<'action-performed'>, 'kind' | 'notes'>;
const actionKey = ({entry, way, target, does}: ActionWords): string =>
  ['action', entry, way, target, does].join(' ');

type QuestionWords = Pick<FactOf<'asked'>, 'entry' | 'about'>;
const questionKey = ({entry, about}: QuestionWords): string => `question ${about} ${entry}`;
