import {z} from 'zod';

/** A moment, from the journal (`times`) or as an operator writes it. */
export const moment = z.union([
  z.date(),
  z.iso.datetime({offset: true}).transform((text) => new Date(text)),
]);

/** The moment that many seconds after another. */
export const after = (start: Date, seconds: number): Date =>
  new Date(start.getTime() + seconds * 1_000);

/** Rounded up; below zero once the moment has passed. */
export const secondsUntil = (moment: Date, now: Date): number =>
  Math.ceil((moment.getTime() - now.getTime()) / 1_000);

export const latest = (moments: readonly Date[]): Date =>
  new Date(Math.max(...moments.map((moment) => moment.getTime())));

/** Rounded up to whole seconds. */
export function utcText(at: Date): string {
  const whole = new Date(Math.ceil(at.getTime() / 1_000) * 1_000);
  return `${whole.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function durationText(seconds: number): string {
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
