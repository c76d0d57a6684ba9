import type {RunContext} from './context.ts';
import type {Answer, Question} from './operator.ts';

/** Asks, and journals the question while a person sees it, then the answer. No answer is no entry. */
export async function askOperator(
  {record, operator, stopping}: RunContext,
  asked: Omit<Question, 'onAsked' | 'head'>,
): Promise<Answer> {
  const {about, entry, question, details} = asked;
  const answer = await operator.ask(
    {
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
    },
    stopping,
  );
  const {answer: text, by} = answer;
  if (text !== 'unasked') {
    const answered = {entry, about, question, details: [...details], answer: text, by};
    record.add({kind: 'answered', ...answered});
  }
  return answer;
}
