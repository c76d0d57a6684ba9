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
    ...findings.flatMap(({what, found, well, hint}) => [
      `${well ? paint.green('✓') : paint.red('✗')} ${what.padEnd(columns)}  ${found}`,
      ...(hint ? [`  ${' '.repeat(columns)}  ${paint.dim(hint)}`] : []),
    ]),
  ].join('\n');
}
