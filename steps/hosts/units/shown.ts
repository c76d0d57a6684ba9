import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

/** The properties of one unit, as `systemctl show` prints them. */
export type Shown = ReadonlyMap<string, string>;

/** One block a unit, in the order asked, with an empty line between them; nothing for no units. */
export async function showUnits(
  shell: Shell,
  units: readonly string[],
  properties: readonly string[],
  signal: AbortSignal,
): Promise<readonly Shown[]> {
  if (units.length === 0) {
    return [];
  }
  return shownIn(await shell.run(showScript(units, properties), signal));
}

export const showScript = (units: readonly string[], properties: readonly string[]): string =>
  sh`systemctl show -p ${properties.join(',')} -- ${units}`;

export const shownIn = (output: string): readonly Shown[] =>
  output
    .trim()
    .split('\n\n')
    .map(
      (block) =>
        new Map(
          block
            .split('\n')
            .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
        ),
    );

/** The words of a property: names of units, say. */
export const wordsOf = (shown: Shown, ...properties: readonly string[]): readonly string[] =>
  properties.flatMap((name) => (shown.get(name) ?? '').split(' ').filter((word) => word !== ''));

export const isRunning = (shown: Shown): boolean =>
  !['inactive', 'failed', undefined].includes(shown.get('ActiveState'));

const unitMs: Readonly<Record<string, number>> = {
  ...{us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000},
  ...{d: 86_400_000, day: 86_400_000, days: 86_400_000, w: 604_800_000, month: 2_629_800_000},
  ...{y: 31_557_600_000},
};

/** `1min 30s`; `infinity`, or nothing at all for a kind of unit without a limit */
export function msOf(text: string | undefined): number {
  if (text === undefined || text === '') {
    return 0;
  }
  return text === 'infinity'
    ? Number.POSITIVE_INFINITY
    : [...text.matchAll(/([\d.]+)([a-z]+)/g)].reduce(
        (sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0),
        0,
      );
}
