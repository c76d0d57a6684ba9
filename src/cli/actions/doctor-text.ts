import type {TextOptions} from '../../report/index.ts';

/** One check of this machine. */
export interface MachineCheck {
  readonly check: string;
  readonly result: string;
  readonly ok: boolean;
  /** It cannot be checked here. */
  readonly unknown?: boolean;
  /** What to do about it. */
  readonly hint?: string;
}

/** One line for each check, and its hint below it. */
export function doctorText(
  version: string,
  checks: readonly MachineCheck[],
  {paint}: TextOptions,
): string {
  const width = Math.max(...checks.map(({check}) => check.length));
  return [
    `switcharoo ${version}`,
    ...checks.flatMap((made) => [
      `${symbolOf(made, paint)} ${made.check.padEnd(width)}  ${made.result}`,
      ...(made.hint ? [`  ${' '.repeat(width)}  ${paint.dim(made.hint)}`] : []),
    ]),
  ].join('\n');
}

/** A hint about something that does not prevent a run deserves attention. */
function symbolOf({ok, unknown, hint}: MachineCheck, paint: TextOptions['paint']): string {
  if (!ok) {
    return paint.red('✗');
  }
  return unknown ? paint.yellow('?') : hint ? paint.yellow('!') : paint.green('✓');
}
