import type {Fact} from '../../model/journal.ts';

/** What a person needs to know of a fact to follow what happened: one line, or none. */
export function storyOf(fact: Fact): readonly string[] {
  switch (fact.kind) {
    case 'entry-done':
      return [`${fact.entry}: done`];
    case 'entry-failed':
      return [`${fact.entry}: fails (${reasonIn(fact.problem.message)})`];
    case 'entry-skipped':
      return [`you skip ${fact.entry}`];
    case 'answered':
      return fact.about === 'failure'
        ? choiceText(fact.answer)
        : [`you answer ${fact.answer} at ${fact.entry ?? 'the point of no return'}`];
    case 'reverse-started':
      return [`you reverse to ${fact.to ?? 'the start'}`];
    case 'entry-reversed':
      return [`${fact.entry}: reversed`];
    case 'reverse-failed':
      return [`${fact.entry}: its reversal fails`];
    case 'run-reversed':
      return [`the run is reversed to ${fact.to ?? 'the start'}`];
    case 'run-done':
      return ['the run ends: done'];
    default:
      return [];
  }
}

const choiceText = (answer: string): readonly string[] =>
  answer === 'skip' || answer === 'reverse' ? [] : [`you choose to ${answer}`];

/** The engine's sentence, without the parts of the model in it. */
const reasonIn = (message: string): string =>
  message.replace(/^.* on systems: /, '').replace(/\.$/, '');
