import {hintText} from './hint.ts';
import {NotTold, type Problem, SwitcharooError} from './problem.ts';
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

/**
 * What a check saw. `is` names the target and has the numbers; `items` has every table, column or account, `is` only
 * the first; `fix` is for this one alone, where what to do depends on what was seen.
 */
export interface Observation {
  readonly is: string;
  readonly fix?: string;
  readonly items?: readonly string[];
}

/** Something that a check found on a target. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  readonly target: string;
  readonly observed: string;
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
   * they are: a kind knows its own. A check that could not be made is a finding like any other. `stillReading` is told
   * what takes long, and how far it is.
   */
  look(
    target: Reader,
    others: readonly unknown[],
    signal: AbortSignal,
    stillReading: (progress: string) => void,
  ): Promise<Survey>;
}

/**
 * Tries the definitions of another system on an empty one of this kind: loads them without any data, names each that
 * is refused, and removes them again, also after a stop.
 */
export interface SchemaLoad {
  /** Whether it is tried on this kind when no target is named. */
  readonly isUsual: boolean;
  /**
   * `target` is the writer of a target of this kind. `others` are the readers of the inventory's other targets: one of
   * them has the definitions.
   */
  load(target: never, others: readonly unknown[], signal: AbortSignal): Promise<Survey>;
}

/** A check that asks one target alone. */
interface TargetCheck<Reader> extends CheckWords {
  find(target: Reader, signal: AbortSignal): Promise<readonly Observation[]>;
}

/** The preflight of a kind whose checks ask one target alone. Who looks puts the target's name into the findings. */
export const preflightOf = <Reader>(checks: readonly TargetCheck<Reader>[]): Preflight<Reader> => ({
  checks,
  look: (target, _others, signal) => survey(checks, '', (check) => check.find(target, signal)),
});

/** What a gate would be blocked by, as an observation; nothing where nothing blocks. */
export const observedIn = (verdict: Blocked | undefined): readonly Observation[] =>
  verdict ? [{is: verdict.reason.replace(/\.$/, ''), fix: hintText(verdict.hint)}] : [];

/** A problem that was thrown, as an observation. Anything else goes on up. */
export function observedError(error: unknown): Observation {
  if (error instanceof SwitcharooError) {
    const {message, hint} = error.problem;
    return {is: message.replace(/\.$/, ''), fix: hintText(hint)};
  }
  throw error;
}

export interface Survey {
  readonly findings: readonly Finding[];
  /** How many checks were made. */
  readonly checksMade: number;
}

/**
 * Makes one check after the other. What a check throws closes it with what was thrown, or goes on up, as `trouble`
 * decides; what a system may not tell is said, and closes nothing.
 */
export async function survey<Check extends CheckWords>(
  checks: readonly Check[],
  target: string,
  find: (check: Check) => Promise<readonly Observation[]>,
  trouble: 'reported' | 'thrown' = 'reported',
): Promise<Survey> {
  const findings: Finding[] = [];
  // All are asked together: a distant server answers them in few round trips.
  const answers = checks.map((check) => find(check));
  await Promise.allSettled(answers);
  for (const [index, check] of checks.entries()) {
    try {
      const observations = (await answers[index]) ?? [];
      findings.push(...observations.map((observation) => findingOf(check, target, observation)));
    } catch (error) {
      if (error instanceof NotTold) {
        findings.push({...checkNotMade(check, target, error.problem), severity: 'warns'});
        continue;
      }
      if (trouble === 'thrown' || !(error instanceof SwitcharooError)) {
        throw error;
      }
      findings.push(checkNotMade(check, target, error.problem));
    }
  }
  return {findings, checksMade: checks.length};
}

const checkNotMade = (check: CheckWords, target: string, {message, hint}: Problem): Finding => ({
  ...findingOf(check, target, {is: `this could not be checked: ${message.replace(/\.$/, '')}`}),
  severity: 'blocks',
  fix: hintText(hint),
});

const findingOf = (check: CheckWords, target: string, {is, items, fix}: Observation): Finding => ({
  check: check.name,
  severity: check.severity,
  target,
  observed: is,
  items: items ?? [],
  consequence: check.consequence,
  fix: fix ?? check.fix,
});

/** "3 tables of db1 are not InnoDB: shop.a (MyISAM), …", or nothing if there are none. */
export function listed(
  says: (count: number) => string,
  items: readonly string[],
): readonly Observation[] {
  const more = items.length - shownOfMany;
  const shown = items.slice(0, shownOfMany).join(', ');
  return items.length === 0
    ? []
    : [{is: `${says(items.length)}: ${shown}${more > 0 ? ` and ${more} more` : ''}`, items}];
}

const shownOfMany = 5;

/**
 * A gate's verdict on what was found: what blocks, all of it at once; else what must be asked; what only warns is
 * said in any case.
 */
export function verdictOn<Output>(
  findings: readonly Finding[],
  output: Output,
  notReady: string,
): Blocked | Verdict<never, Output> {
  const withSeverity = (severity: Severity) =>
    findings.filter((finding) => finding.severity === severity);
  const [blocking, asking] = [withSeverity('blocks'), withSeverity('asks')];
  const warnings = withSeverity('warns').map(remarkOf);
  if (blocking.length > 0) {
    return blocked(
      `${notReady}: ${blocking.map(({observed}) => observed).join('; ')}.`,
      [...new Set(blocking.map(({fix}) => fix))].join(' '),
    );
  }
  return asking.length > 0
    ? needsAnswer(
        asking.map(({observed, consequence}) => `${observed}. ${consequence}`).join(' '),
        output,
        ...asking.map(({fix}) => fix),
        ...warnings,
      )
    : done(output, ...warnings);
}

const remarkOf = ({observed, consequence, fix}: Finding): string =>
  `${observed}. ${consequence} ${fix}`;
