import type {RunContext} from './context.ts';
import type {Answer, Question} from './operator.ts';
import {askAwake} from './process-stop.ts';

type Asked = Omit<Question, 'onAsked' | 'head'>;

/** Asks, and journals the question while a person sees it, then the answer. No answer is no entry. */
export async function askOperator(context: RunContext, asked: Asked): Promise<Answer> {
  for (;;) {
    const answer = await askOnce(context, asked);
    if (answer !== 'withdrawn') {
      return answer;
    }
  }
}

/** `withdrawn`: this process stood still meanwhile, and what the person saw is old. */
export async function askOnce(
  {record, operator, clock, stopping}: RunContext,
  asked: Asked,
): Promise<Answer | 'withdrawn'> {
  const {about, entry, question, details} = asked;
  const journaling: Question = {
    ...asked,
    // The question itself is journaled before the head is shown.
    get head() {
      return record.head;
    },
    onAsked: (person, facts = []) =>
      record.add({
        kind: 'asked',
        entry,
        about,
        question,
        details: [...details, ...facts],
        person,
      }),
  };
  const asking = await askAwake(clock, stopping, (signal) => operator.ask(journaling, signal));
  if ('stopped' in asking) {
    return stopping.aborted ? {answer: 'unasked', by: 'nobody'} : 'withdrawn';
  }
  const {answer: text, by} = asking.answer;
  if (text !== 'unasked') {
    const answered = {entry, about, question, details: [...details], answer: text, by};
    record.add({kind: 'answered', ...answered});
  }
  return asking.answer;
}
