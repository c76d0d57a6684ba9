import type {Outlook} from '../model/plan.ts';
import type {EntryState, RunOutcome} from '../model/progress.ts';
import type {Colour, Paint} from './paint.ts';

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

/** `passed`: it was done and changed nothing, and after a reversal it would have to be done again. */
export type ReportState = EntryState | 'passed';

export const stateSigns: Readonly<Record<ReportState, Sign>> = {
  'not-started': sign('·', 'not started', 'dim'),
  checking: sign('◌', 'checking', 'cyan'),
  applying: sign('▸', 'applying', 'cyan'),
  done: sign('✓', 'done', 'green'),
  passed: sign('·', 'passed', 'dim'),
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

/** "380 ms", "2.1 s", "42 s", "1 m 04 s", "2 h 05 m", "3 d 04 h". Never rounded up. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (ms < 1000) {
    return `${Math.max(0, Math.floor(ms))} ms`;
  }
  if (ms < 10_000) {
    return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const [size, name, part, partName] = largestUnit(seconds);
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${name} ${String(rest).padStart(2, '0')} ${partName}`;
}

/** "14:02:11". */
export const clockUtc = (at: Date): string => at.toISOString().slice(11, 19);
/** "2026-03-01 14:02:11 UTC". */
export const momentUtc = (at: Date): string =>
  `${at.toISOString().slice(0, 10)} ${clockUtc(at)} UTC`;

/** "1 entry", "2 entries". */
export const counted = (count: number, single: string, many = `${single}s`): string =>
  `${count} ${count === 1 ? single : many}`;

/** A checkpoint, or the start of the run. */
export const placeText = (to: string | null): string => to ?? 'the start';

/** The name of an inventory; a protected one says so in a word, and in red. */
export function inventoryText(
  paint: Paint,
  inventory: {readonly name: string; readonly protected: boolean},
): {readonly text: string; readonly paint: (text: string) => string} {
  return inventory.protected
    ? {text: `${inventory.name} (PROTECTED)`, paint: (text) => paint.red(paint.bold(text))}
    : {text: inventory.name, paint: paint.bold};
}

function largestUnit(seconds: number): readonly [number, string, number, string] {
  if (seconds < 3600) {
    return [60, 'm', 1, 's'];
  }
  return seconds < 86_400 ? [3600, 'h', 60, 'm'] : [86_400, 'd', 3600, 'h'];
}
