import {durationText} from '../model/duration.ts';
import type {Finding} from '../model/preflight.ts';
import {painted, type TextOptions} from './labels.ts';
import {flow} from './text.ts';

/** What an entry of a run has proven, how long ago, and how long that counts. */
export interface EvidenceAge {
  readonly run: string;
  readonly entry: string;
  readonly unit: string;
  readonly ageMs: number;
  readonly freshForMs: number;
}

export const isStale = ({ageMs, freshForMs}: EvidenceAge): boolean => ageMs > freshForMs;

/** Of evidence that counts no more. The text stays the same while it grows older. */
export const staleFindings = (all: readonly EvidenceAge[]): readonly Finding[] =>
  all.filter(isStale).map(({run, entry, unit, freshForMs}) => ({
    check: 'evidence-stale',
    severity: 'warns',
    target: run,
    observed: `${entry} (${unit}) passed more than ${durationText(freshForMs)} ago`,
    items: [],
    consequence:
      'It no longer counts: the run checks it again before its next question, and stops if it fails.',
    fix: `Allow time for it on the night, or resume run ${run} the day before.`,
  }));

/** A line for each: `✓ verify-data (mysql.verify-data) passed 26 h 03 m ago in run …, and counts for 7 d 00 h`. */
export const evidenceTexts = (all: readonly EvidenceAge[], options: TextOptions): string[] =>
  all.flatMap((age) => {
    const {run, entry, unit, ageMs, freshForMs} = age;
    const [mark, colour] = isStale(age) ? (['!', 'yellow'] as const) : (['✓', 'green'] as const);
    const passed = ` ${entry} (${unit}) passed ${durationText(ageMs)} ago in run ${run}`;
    const counts = isStale(age)
      ? `: stale, it counted for ${durationText(freshForMs)}`
      : `, and counts for ${durationText(freshForMs)}`;
    const paint = (text: string) => painted(options.paint, colour, text);
    return flow([{text: mark, paint}, `${passed}${counts}`], {...options, rest: '  '});
  });
