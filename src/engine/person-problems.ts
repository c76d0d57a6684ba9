import type {Problem} from '../model/problem.ts';

export const byHandUnanswered = (
  entry: string,
  who: string,
  does: string,
  by: string,
): Problem => ({
  code: 'by-hand-unanswered',
  message: `${entry} is done by hand, and nobody has said that it is: ${does}, by ${who}. ${by === 'nobody' ? 'There is no terminal.' : `${by} gave no answer.`}`,
  hint: {
    text: 'When it is done, answer at a terminal, or say who did it with',
    command: `resume --answer ${entry}='NAME AND NOTE'`,
  },
});

export const noteRequired = (entry: string, by: string): Problem => ({
  code: 'note-required',
  message:
    by === 'nobody'
      ? `${entry} needs a yes and the name of who gave it, and there is no terminal.`
      : `${entry} needs a yes and the name of who gave it, and ${by} gave none.`,
  hint: {
    text: 'Answer at a terminal, or say who said yes with',
    command: `resume --answer ${entry}='NAME AND NOTE'`,
  },
});
