import type {Finding} from '../model/preflight.ts';
import {momentUtc, painted, type TextOptions} from './labels.ts';
import {type PreflightReport, preflightFindings, stackedFinding} from './preflight.ts';
import {flow} from './text.ts';

/** What two looks at the same inventory saw differently. */
interface PreflightChanges {
  readonly added: readonly Finding[];
  /** Seen by the first look, and no more by the second. */
  readonly resolved: readonly Finding[];
}

/** Figures alone are no news: three clients where two were. */
export function preflightChanges(
  before: PreflightReport,
  after: PreflightReport,
): PreflightChanges {
  const [first, second] = [preflightFindings(before), preflightFindings(after)];
  const without = (all: readonly Finding[], others: readonly Finding[]) => {
    const known = new Set(others.map(keyOf));
    return all.filter((finding) => !known.has(keyOf(finding)));
  };
  return {added: without(second, first), resolved: without(first, second)};
}

const keyOf = ({target, check, severity, observed}: Finding): string =>
  [target, check, severity, observed.replaceAll(/\d+/g, '#')].join('\n');

/** Nothing where nothing changed. */
export function preflightChangesText(
  {added, resolved}: PreflightChanges,
  at: Date,
  options: TextOptions,
): string {
  const {paint} = options;
  const resolvedTexts = resolved.flatMap(({target, check, observed}) =>
    flow(
      [
        {text: '✓ resolved', paint: (text) => painted(paint, 'green', text)},
        `  ${target}  `,
        {text: check, paint: paint.bold},
        `: ${observed}.`,
      ],
      {...options, rest: '    '},
    ),
  );
  const addedTexts = added.flatMap((finding) => stackedFinding(finding, options));
  return added.length + resolved.length === 0
    ? ''
    : ['', paint.bold(momentUtc(at)), ...addedTexts, ...resolvedTexts].join('\n');
}
