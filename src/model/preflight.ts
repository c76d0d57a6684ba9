import {type Problem, SwitcharooError} from './problem.ts';
import {type Blocked, blocked, done, needsAnswer, type Verdict} from './verdict.ts';

/** What a finding does to a gate: it closes it, it is put to the operator, or it is only said. */
export type Severity = 'blocks' | 'asks' | 'warns';

/** A check in words: a line of a catalogue. */
export interface CheckWords {
  /** Permanent, kebab-case, and unique in its catalogue: `no-primary-key`. */
  readonly name: string;
  readonly severity: Severity;
  /** What should be so, in one sentence. */
  readonly expects: string;
  /** What comes of it if nobody heeds it. */
  readonly consequence: string;
  /** What to do about it. */
  readonly fix: string;
}

/** What a check saw. `is` names the target and has the numbers; `items` has every table, column or account, `is` only the first. */
export interface Found {
  readonly is: string;
  readonly items?: readonly string[];
}

/** Something that a check found on a target. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  readonly target: string;
  readonly found: string;
  readonly items: readonly string[];
  readonly consequence: string;
  readonly fix: string;
}

/** What a kind of target can be looked over for, days before the night. */
export interface Preflight<Reader> {
  /** Every check that this kind has. */
  readonly checks: readonly CheckWords[];
  /**
   * Looks, and changes nothing. `others` are the readers of the inventory's other targets that have checks, whatever
   * they are: a kind knows its own. A check that could not be made is a finding like any other.
   */
  look(target: Reader, others: readonly unknown[], signal: AbortSignal): Promise<Survey>;
}

export interface Survey {
  readonly findings: readonly Finding[];
  /** How many checks were made. */
  readonly made: number;
}

/** Makes one check after the other. What a check throws closes it with what was thrown, or goes on up, as `trouble` decides. */
export async function survey<Check extends CheckWords>(
  checks: readonly Check[],
  target: string,
  find: (check: Check) => Promise<readonly Found[]>,
  trouble: 'told' | 'thrown' = 'told',
): Promise<Survey> {
  const findings: Finding[] = [];
  for (const check of checks) {
    try {
      const found = await find(check);
      findings.push(...found.map((one) => findingOf(check, target, one)));
    } catch (error) {
      if (trouble === 'thrown' || !(error instanceof SwitcharooError)) {
        throw error;
      }
      findings.push(notMade(check, target, error.problem));
    }
  }
  return {findings, made: checks.length};
}

const notMade = (check: CheckWords, target: string, {message, hint}: Problem): Finding => ({
  ...findingOf(check, target, {is: `this could not be looked at: ${message.replace(/\.$/, '')}`}),
  severity: 'blocks',
  fix: hint,
});

const findingOf = (check: CheckWords, target: string, {is, items}: Found): Finding => ({
  check: check.name,
  severity: check.severity,
  target,
  found: is,
  items: items ?? [],
  consequence: check.consequence,
  fix: check.fix,
});

/** "3 tables of db1 are not InnoDB: shop.a (MyISAM), …", or nothing if there are none. */
export function listed(
  says: (count: number) => string,
  items: readonly string[],
): readonly Found[] {
  const more = items.length - shownOfMany;
  const shown = items.slice(0, shownOfMany).join(', ');
  return items.length === 0
    ? []
    : [{is: `${says(items.length)}: ${shown}${more > 0 ? ` and ${more} more` : ''}`, items}];
}

const shownOfMany = 5;

/** A gate's verdict on what was found: what blocks, all of it at once; else what must be asked; what only warns is said in any case. */
export function verdictOn<Output>(
  findings: readonly Finding[],
  output: Output,
  notReady: string,
): Blocked | Verdict<never, Output> {
  const of = (wanted: Severity) => findings.filter(({severity}) => severity === wanted);
  const [blocking, asking] = [of('blocks'), of('asks')];
  const warnings = of('warns').map(remarkOf);
  if (blocking.length > 0) {
    return blocked(
      `${notReady}: ${blocking.map(({found}) => found).join('; ')}.`,
      [...new Set(blocking.map(({fix}) => fix))].join(' '),
    );
  }
  return asking.length > 0
    ? needsAnswer(
        asking.map(({found, consequence}) => `${found}. ${consequence}`).join(' '),
        output,
        ...asking.map(({fix}) => fix),
        ...warnings,
      )
    : done(output, ...warnings);
}

const remarkOf = ({found, consequence, fix}: Finding): string => `${found}. ${consequence} ${fix}`;
