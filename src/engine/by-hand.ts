import type {Entry} from '../model/entry.ts';
import type {Asking} from '../model/person.ts';
import type {Problem} from '../model/problem.ts';
import type {Action} from '../model/step.ts';
import {askOperator} from './ask-operator.ts';
import type {RunContext} from './context.ts';
import {byHandUnanswered} from './person-problems.ts';
import {declined, runStopped} from './problems.ts';

/**
 * Has a person do an action, and asks whether it is done. It counts as started once a person has been asked: from then
 * on it may be done, whatever becomes of this process. The answer is in the journal before anything follows from it.
 */
export async function askForAction(
  context: RunContext,
  {does}: Action<any>,
  {who, question, details, way}: Asking,
  entry: Entry,
): Promise<{readonly problem: Problem} | {readonly seen: unknown}> {
  const {record, stopping} = context;
  const words = {entry: entry.id, way, target: who, does};
  let isStarted = false;
  const start = () => {
    if (!isStarted) {
      record.add({kind: 'action-intended', ...words});
      // Nothing waits for it: the person decides when it is done.
      void record.shared(stopping).catch(() => {});
    }
    isStarted = true;
  };
  const asked = {about: 'by-hand', entry: entry.id, question, details, wantsNote: true} as const;
  const {answer, by, note} = await askOperator(context, {...asked, way, onBegin: start});
  switch (answer) {
    case 'yes':
      record.add({kind: 'action-performed', ...words, ...(note ? {notes: [note]} : {})});
      return {seen: undefined};
    case 'no':
      return {problem: declined(entry.id, by)};
    case 'unasked':
      return {
        problem: stopping.aborted
          ? runStopped(String(stopping.reason))
          : byHandUnanswered(entry.id, who, does, by),
      };
  }
}
