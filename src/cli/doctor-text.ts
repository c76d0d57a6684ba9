import type {TextOptions} from '../report/index.ts';
import type {Finding} from './commands/doctor.ts';

/** What the doctor found, a line each, and below it what to do. */
export function doctorText(
  version: string,
  findings: readonly Finding[],
  {paint}: TextOptions,
): string {
  const columns = Math.max(...findings.map(({what}) => what.length));
  return [
    `switcharoo ${version}`,
    ...findings.flatMap((finding) => [
      `${signOf(finding, paint)} ${finding.what.padEnd(columns)}  ${finding.found}`,
      ...(finding.hint ? [`  ${' '.repeat(columns)}  ${paint.dim(finding.hint)}`] : []),
    ]),
  ].join('\n');
}

/** What does not stop a run and yet has a hint is worth a look. */
function signOf({well, unknown, hint}: Finding, paint: TextOptions['paint']): string {
  if (!well) {
    return paint.red('✗');
  }
  return unknown ? paint.yellow('?') : hint ? paint.yellow('!') : paint.green('✓');
}
