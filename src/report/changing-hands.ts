import type {Progress} from '../model/progress.ts';
import {clockUtc} from './labels.ts';

/** A run that one host has given away, or another one has not taken over whole. */
interface ChangingHands {
  readonly label: 'hand-over' | 'take-over';
  readonly short: string;
  readonly text: string;
}

/** Whose the run is, as long as that is changing. */
export function changingHands(
  {handedOverTo, notBefore, operator: {user, host}}: Progress,
  now: Date | null,
): readonly ChangingHands[] {
  const by = `by ${user}@${host}`;
  if (handedOverTo !== undefined) {
    const short = `handed over to ${handedOverTo} ${by}`;
    return [{label: 'hand-over', short, text: `to ${handedOverTo} ${by}, not taken over yet`}];
  }
  if (!notBefore) {
    return [];
  }
  const isOver = now !== null && notBefore < now;
  const until = isOver
    ? ''
    : `: an action of the earlier host may be in flight until ${clockUtc(notBefore)} UTC`;
  const short = `take-over ${by} not finished`;
  return [{label: 'take-over', short, text: `${by}, not finished${until}`}];
}
