import type {Problem} from '../model/problem.ts';
import type {UnitRow} from './rows.ts';

export const runnerAnswers = (unit: string, host: string, folder: string): Problem => ({
  code: 'fleet-runner-answers',
  message: `A runner on ${host} is working on ${unit}, and still answers.`,
  hint: `Stop that runner first (Ctrl-C). A run before its outage pauses. A run in an outage continues to its end: wait for it. The state folder of the runner is ${folder}.`,
});

export const journalAtHand = (unit: string, host: string, folder: string): Problem => ({
  code: 'fleet-runner-answers',
  message: `The journal of ${unit} is not lost: a runner on ${host} with the state folder ${folder} answers.`,
  hint: {
    text: 'That runner continues the unit, or leaves it to a person. Show its state with',
    command: 'fleet status',
  },
});

export const unitChangedMeanwhile = (unit: string): Problem => ({
  code: 'fleet-unit-taken',
  message: `${unit} was continued or taken over while this command ran. This command did not change its state in PostgreSQL.`,
  hint: {text: 'Show who has it', command: 'fleet status'},
});

export const journalNotShared = (
  {
    unit,
    run,
    journal,
  }: {
    readonly unit: string;
    readonly run: string;
    readonly journal: {readonly host: string; readonly folder: string};
  },
  inventory: string,
): Problem => ({
  code: 'fleet-journal-not-shared',
  message: `The journal of ${run} is only in ${journal.folder} on ${journal.host}: ${inventory} names no store.`,
  hint: {
    text: `If that folder can still be read, copy all of it to a host that reaches the systems, and start a runner there with --state-dir. If it is lost, check the systems for changes of ${unit}, undo them, and then run`,
    command: `fleet take-over ${unit} --journal-lost REASON`,
  },
});

/** Its runner reported it, so it does not count as a run that never began. */
export const journalNotInStore = (
  {unit, run, phase, changes}: Pick<UnitRow, 'unit' | 'phase' | 'changes'> & {readonly run: string},
  place: string,
): Problem => ({
  code: 'fleet-journal-not-in-store',
  message: `${run} is not in ${place}, but its runner reported that it began: ${phase ?? 'its outage'}, with ${changes} ${changes === 1 ? 'change' : 'changes'} in place. Nothing was changed.`,
  hint: {
    text: `Check that this is the store with which it began: endpoint, bucket, prefix, and the account of your credentials. If its journal was deleted there, check the systems for changes of ${unit}, undo them, and then run`,
    command: `fleet take-over ${unit} --journal-lost REASON`,
  },
});

export const journalMissing = (unit: string, run: string, folder: string): Problem => ({
  code: 'fleet-journal-missing',
  message: `${unit} began as ${run}, and ${folder} does not have the journal of that run. The folder may be an old copy.`,
  hint: {
    text: `Stop the runners with this folder, and start one with the folder that has the journal. Or copy the folder of ${run} into this one, and run "fleet resume ${unit}". If the journal is lost, check the systems for changes of ${unit}, undo them, and then run`,
    command: `fleet take-over ${unit} --journal-lost REASON`,
  },
});

export const journalIsShared = (run: string, place: string, unit: string): Problem => ({
  code: 'fleet-journal-is-shared',
  message: `The journal of ${run} is not lost: it is shared in ${place}.`,
  hint: {
    text: 'Take the unit over from the store, without --journal-lost',
    command: `fleet take-over ${unit}`,
  },
});

export const journalLost = (run: string): Problem => ({
  code: 'fleet-journal-lost',
  message: `The journal of ${run} is lost. A person has said that nothing of that run is in place.`,
  hint: 'Let the unit begin again with "fleet resume", or leave it out with "fleet leave-out".',
});
