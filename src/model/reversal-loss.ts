/** Whether a reversal now would lose anything that was done since the change was made. */
export interface ReversalLoss {
  readonly lossless: boolean;
  /** What the answer rests on, a sentence each, with names and numbers. */
  readonly because: readonly string[];
}

/** The answer of one applied entry, or why it could not be asked. */
export interface ReversalLossAnswer {
  readonly entry: string;
  readonly lossless: 'yes' | 'no' | 'unknown';
  readonly because: readonly string[];
}

/** One loss is enough; without an answer from every entry nothing is promised. */
export function losslessOf(answers: readonly ReversalLossAnswer[]): ReversalLossAnswer['lossless'] {
  const values = answers.map(({lossless}) => lossless);
  return values.includes('no') ? 'no' : values.includes('unknown') ? 'unknown' : 'yes';
}
