import {counted, durationText} from './labels.ts';
import type {HoldReport, RunReport} from './run-report.ts';

type Held = Pick<RunReport, 'hold' | 'reversal' | 'roundTrips'>;

/** How long new connections were held, forward and back. */
export const holdTexts = ({hold, reversal}: Held): readonly string[] => [
  ...(hold ? [`new connections were held for at most ${heldText(hold)}`] : []),
  ...(reversal
    ? [`in the reversal, new connections were held for at most ${heldText(reversal.hold)}`]
    : []),
];

const heldText = ({ms, waitedMs}: HoldReport): string =>
  `${durationText(ms)}${ms < 1000 ? '' : ` (${ms} ms)`}${waitedMs === undefined ? '' : `; before that, open requests had ${durationText(waitedMs)} to finish, with no connection held`}`;

/** The round trips in the outage and in the hold, forward and back. */
export const tripsTexts = ({hold, roundTrips, reversal}: Held): readonly string[] => [
  ...(roundTrips === undefined ? [] : [tripsSentence(roundTrips, hold)]),
  ...(reversal?.roundTrips === undefined
    ? []
    : [`in the reversal, ${tripsSentence(reversal.roundTrips, reversal.hold)}`]),
];

const tripsSentence = (roundTrips: number, hold: HoldReport | undefined): string =>
  `${counted(roundTrips, 'round trip')} to the targets in the outage${hold?.roundTrips === undefined ? '' : ` and ${hold.roundTrips} in the hold`}, one after another`;
