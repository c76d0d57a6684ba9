import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {Verdict} from '../model/verdict.ts';
import {answerInLab, isAnsweredInLab} from './approval-rules.ts';
import {askOnce} from './ask-operator.ts';
import {awaitApprovals} from './await-approvals.ts';
import type {RunContext} from './context.ts';
import {allOpenNow, precedingGatesOpen} from './open-gates.ts';
import {noteRequired} from './person-problems.ts';
import {answerRequired, declined, runStopped} from './problems.ts';
import {processStopProblem} from './process-stop.ts';
import {factsOfQuestion} from './question-facts.ts';

/**
 * Asks what no look can tell. The gates right before it are looked at again just before the question, and once more
 * after a "yes": people take their time, and the world goes on meanwhile. `again`: this process stood still in an
 * outage, and that is to be decided before anything is asked here.
 */
export async function askAtGate(
  context: RunContext,
  entry: Entry,
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'needs-answer'}>,
): Promise<'yes' | 'again' | Problem> {
  const {approval: need} = verdict;
  if (need && !isAnsweredInLab(context, need)) {
    return awaitApprovals(context, entry, {...verdict, need});
  }
  const asked = need ? answerInLab(verdict, need) : verdict;
  for (;;) {
    const notOpen = await precedingGatesOpen(context, entry);
    if (notOpen) {
      return notOpen;
    }
    const {question, details, byPerson} = asked;
    const about = 'confirmation';
    const facts = () => factsOfQuestion(context, entry);
    const person = byPerson ? {byPerson} : {};
    const wantsNote = asked.wantsNote ? {wantsNote: true as const} : {};
    const words = {about, entry: entry.id, question, details, facts} as const;
    const asking = {...words, ...person, ...wantsNote};
    const given = await askOnce(context, asking);
    if (given === 'withdrawn') {
      if (processStopProblem(context, entry)) {
        return 'again';
      }
      continue;
    }
    const {answer, by} = given;
    if (answer === 'unasked') {
      return context.stopping.aborted
        ? runStopped(String(context.stopping.reason))
        : asked.wantsNote
          ? noteRequired(entry.id, by)
          : answerRequired(entry.id, by);
    }
    if (answer === 'no') {
      return declined(entry.id, by);
    }
    if (await allOpenNow(context, entry)) {
      return 'yes';
    }
  }
}
