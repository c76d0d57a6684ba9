import type {Counterexample, Verification} from '../model/verification.ts';
import type {TextOptions} from './labels.ts';
import {flow} from './text.ts';

/** What was explored, and each counterexample as a numbered list of what happens. */
export function verificationText(
  runbook: string,
  {states, undeclared = [], counterexamples}: Verification,
  options: TextOptions,
): string {
  const {paint} = options;
  const explored = `${runbook}: ${states.toLocaleString('en')} states explored`;
  if (counterexamples.length === 0) {
    return [
      paint.green(`✓ ${explored}, no counterexample`),
      ...undeclaredLines(undeclared, options),
    ].join('\n');
  }
  const count = `${counterexamples.length} ${counterexamples.length === 1 ? 'counterexample' : 'counterexamples'}`;
  return [
    paint.red(`✗ ${explored}, ${count}`),
    ...undeclaredLines(undeclared, options),
    ...counterexamples.flatMap((each) => ['', ...counterexampleLines(each, options)]),
    '',
    'docs/verifying-a-runbook.md explains each property.',
  ].join('\n');
}

function undeclaredLines(
  undeclared: readonly string[],
  {paint, width}: TextOptions,
): readonly string[] {
  if (undeclared.length === 0) {
    return [];
  }
  const count =
    undeclared.length === 1 ? '1 entry declares' : `${undeclared.length} entries declare`;
  const text = `! ${count} no effects: ${undeclared.join(', ')}. Nothing is proven of what they change.`;
  return flow([{text, paint: paint.yellow}], {width, rest: '  '});
}

function counterexampleLines(
  {property, because, steps, end}: Counterexample,
  {paint, width}: TextOptions,
): readonly string[] {
  const folded = foldedSteps(steps);
  return [
    ...flow([{text: property, paint: paint.red}, `: ${because}`], {width, rest: '  '}),
    ...folded.flatMap((step, index) =>
      flow([step], {width, first: `  ${String(index + 1).padStart(2)}. `, rest: '      '}),
    ),
    ...(end.length > 0 ? [paint.bold('  then')] : []),
    ...end.flatMap((line) => flow([line], {width, first: '      ', rest: '      '})),
  ];
}

/** Entries that are done one after the other are one line: what matters comes after them. */
function foldedSteps(steps: readonly string[]): readonly string[] {
  const folded: string[][] = [];
  for (const step of steps) {
    const last = folded.at(-1);
    if (last && endingOf(step) !== undefined && endingOf(last[0] ?? '') === endingOf(step)) {
      last.push(step);
    } else {
      folded.push([step]);
    }
  }
  return folded.flatMap((group) => (group.length < 4 ? group : [foldedText(group)]));
}

const endings = [': done', ': reversed'];

const endingOf = (step: string): string | undefined =>
  endings.find((ending) => step.endsWith(ending));

function foldedText(group: readonly string[]): string {
  const ending = endingOf(group[0] ?? '') ?? '';
  const entryName = (step: string | undefined) => step?.slice(0, -ending.length) ?? '';
  return `${entryName(group[0])} to ${entryName(group.at(-1))}${ending} (${group.length} entries)`;
}
