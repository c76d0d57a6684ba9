import {clockUtc, durationText} from '../model/duration.ts';
import {placeText} from '../model/place.ts';
import type {Outlook} from '../model/plan.ts';
import type {EntryState, RunOutcome} from '../model/progress.ts';
import type {Colour, Paint} from './paint.ts';

export {clockUtc, durationText, placeText};

/** How a report is laid out for its reader. */
export interface TextOptions {
  readonly width: number;
  readonly paint: Paint;
  /** A command as it can be pasted where the text is read. */
  paste?(command: string): string;
}

/** A state as a symbol and a word: neither needs the colour. */
export interface Sign {
  readonly symbol: string;
  readonly word: string;
  readonly colour: Colour | undefined;
}

const sign = (symbol: string, word: string, colour?: Colour): Sign => ({symbol, word, colour});

/**
 * Of a reversed run. `passed`: it was done and changed nothing, and would have to be done again. `not-passed`: it was
 * started, and ended before it was done.
 */
export type ReportState = EntryState | 'passed' | 'not-passed';

export const stateSigns: Readonly<Record<ReportState, Sign>> = {
  'not-started': sign('·', 'not started', 'dim'),
  checking: sign('◌', 'checking', 'cyan'),
  applying: sign('▸', 'applying', 'cyan'),
  done: sign('✓', 'done', 'green'),
  passed: sign('·', 'passed', 'dim'),
  'not-passed': sign('·', 'not passed', 'dim'),
  skipped: sign('↷', 'skipped', 'yellow'),
  failed: sign('✗', 'failed', 'red'),
  reversing: sign('◂', 'reversing', 'cyan'),
  reversed: sign('↩', 'reversed', 'yellow'),
  'reverse-failed': sign('✗', 'reversal failed', 'red'),
};

export const outlookSigns: Readonly<Record<Outlook, Sign>> = {
  change: sign('~', 'change', 'yellow'),
  'already-in-place': sign('=', 'in place', 'green'),
  applied: sign('✓', 'applied', 'green'),
  wait: sign('…', 'wait', 'cyan'),
  open: sign('✓', 'open', 'green'),
  ask: sign('?', 'ask', 'cyan'),
  blocked: sign('✗', 'blocked', 'red'),
  pending: sign('·', 'pending', 'dim'),
  skipped: sign('↷', 'skipped', 'yellow'),
  impossible: sign('×', 'impossible', 'red'),
};

export const outcomeSigns: Readonly<Record<RunOutcome, Sign>> = {
  running: sign('▸', 'running', 'cyan'),
  paused: sign('‖', 'paused', 'yellow'),
  done: sign('✓', 'done', 'green'),
  reversing: sign('◂', 'reversing', 'cyan'),
  reversed: sign('↩', 'reversed', 'yellow'),
  'reverse-failed': sign('✗', 'reversal failed', 'red'),
};

export const painted = (paint: Paint, colour: Colour | undefined, text: string): string =>
  colour ? paint[colour](text) : text;

/** "2026-03-01 14:02:11 UTC". */
export const momentUtc = (at: Date): string =>
  `${at.toISOString().slice(0, 10)} ${clockUtc(at)} UTC`;

/** "1 entry", "2 entries". */
export const counted = (count: number, single: string, many = `${single}s`): string =>
  `${count} ${count === 1 ? single : many}`;

/** The name of an inventory; a protected one says so in a word, and in red. */
export function inventoryText(
  paint: Paint,
  inventory: {readonly name: string; readonly protected: boolean},
): {readonly text: string; readonly paint: (text: string) => string} {
  return inventory.protected
    ? {text: `${inventory.name} (PROTECTED)`, paint: (text) => paint.red(paint.bold(text))}
    : {text: inventory.name, paint: paint.bold};
}
