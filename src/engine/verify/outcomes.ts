import type {Choice} from '../operator.ts';

/** What may come of an action; the first is that all goes well. */
export function outcomesOf({
  isHarmless,
  isAlone,
  way,
}: {
  /** It makes no difference how far it came. */
  readonly isHarmless: boolean;
  /** No other entry is at work at the same time. */
  readonly isAlone: boolean;
  readonly way: 'forward' | 'reverse';
}): readonly [Outcome, ...Outcome[]] {
  if (isHarmless) {
    return ['is made', 'fails'];
  }
  if (way === 'reverse') {
    return ['is made', 'fails', 'dies', 'is made, and the process dies'];
  }
  return isAlone
    ? ['is made', 'fails', 'fails after it', 'is lost', 'dies', 'is made, and the process dies']
    : [
        'is made',
        'fails',
        'is lost',
        'dies',
        'dies when the others have ended',
        'is made, and the process dies',
      ];
}

/** `is lost`: it is made, and no answer comes, to the check after it neither. */
export type Outcome =
  | 'is made'
  | 'fails'
  | 'fails after it'
  | 'is lost'
  | 'dies'
  | 'dies when the others have ended'
  | 'is made, and the process dies';

/** What a person may choose after a failure; the first leads on. */
export const choicesFor = (
  canSkip: boolean,
  reversibleTo: readonly (string | null)[],
): readonly [Choice, ...Choice[]] => [
  {choice: 'retry'},
  ...(canSkip ? [{choice: 'skip', reason: ''} as const] : []),
  {choice: 'stop'},
  ...reversibleTo.map((to) => ({choice: 'reverse', to}) as const),
];
