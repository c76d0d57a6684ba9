import type {RunContext} from './context.ts';
import type {Answer, Question} from './operator.ts';
import {askAwake} from './process-stop.ts';

interface Asked extends Omit<Question, 'onAsked' | 'head'> {
  /** Of what is done by hand. */
  readonly way?: 'forward' | 'reverse';
  /** Called before the question or its answer is journaled, and not when nobody is there. */
  readonly onBegin?: () => void;
}

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
  {onBegin, way, ...asked}: Asked,
): Promise<Answer | 'withdrawn'> {
  const {about, entry, question, details} = asked;
  const journaling: Question = {
    ...asked,
    // The question itself is journaled before the head is shown.
    get head() {
      return record.head;
    },
    onAsked: (person, facts = []) => {
      onBegin?.();
      record.add({
        kind: 'asked',
        entry,
        about,
        question,
        details: [...details, ...facts],
        person,
      });
    },
  };
  const asking = await askAwake(clock, stopping, (signal) => operator.ask(journaling, signal));
  if ('stopped' in asking) {
    return stopping.aborted ? {answer: 'unasked', by: 'nobody'} : 'withdrawn';
  }
  const {answer: text, by, note} = asking.answer;
  if (text !== 'unasked') {
    onBegin?.();
    const answered = {entry, about, question, details: [...details], answer: text, by};
    const more = {...(note === undefined ? {} : {note}), ...(way ? {way} : {})};
    record.add({kind: 'answered', ...answered, ...more});
  }
  return asking.answer;
}
