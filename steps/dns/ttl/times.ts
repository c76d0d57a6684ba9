import {z} from 'zod';

/** A moment, from the journal (`times`) or as a person writes it. */
export const moment = z.union([
  z.date(),
  z.iso.datetime({offset: true}).transform((text) => new Date(text)),
]);

/** So many seconds after a moment. */
export const after = (start: Date, seconds: number): Date =>
  new Date(start.getTime() + seconds * 1_000);

export const latest = (moments: readonly Date[]): Date =>
  new Date(Math.max(...moments.map((one) => one.getTime())));

/** To the second; what is left of one counts as a whole one. */
export function utc(at: Date): string {
  const whole = new Date(Math.ceil(at.getTime() / 1_000) * 1_000);
  return `${whole.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function inWords(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = [
    [hours, 'h'],
    [minutes, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return (
    parts.flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : [])).join(' ') || '0 s'
  );
}
