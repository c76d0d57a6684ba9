import type {Fact, FactOf} from '../../model/journal.ts';
import {placeText} from '../../model/place.ts';

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
      return answerStory(fact);
    case 'reverse-started':
      return [`the reversal to ${placeText(fact.to)} starts`];
    case 'outage-limit-passed':
      return ['the outage exceeds its limit'];
    case 'entry-reversed':
      return [`${fact.entry}: reversed`];
    case 'reverse-failed':
      return [`${fact.entry}: its reversal fails`];
    case 'run-reversed':
      return [`the run is reversed to ${placeText(fact.to)}`];
    case 'run-done':
      return ['the run is done'];
    default:
      return [];
  }
}

function answerStory({about, answer, entry}: FactOf<'answered'>): readonly string[] {
  switch (about) {
    case 'failure':
      return answer === 'skip' || answer === 'reverse' ? [] : [`you choose to ${answer}`];
    case 'confirmation':
    case 'by-hand':
    case 'point-of-no-return':
      return [`you answer ${answer} at ${entry ?? 'the point of no return'}`];
    default:
      return [];
  }
}

/** The engine's sentence, without the action of the model and its target in it. */
const reasonIn = (message: string): string =>
  message.replace(/^.*" on [^:]+: /, '').replace(/\.$/, '');
