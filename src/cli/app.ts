import {basename, relative} from 'node:path';
import {shellWord} from '../model/hint.ts';
import {ansiPaint, type Paint, plainPaint} from '../report/index.ts';
import {visible} from '../report/text.ts';
import {defaultStateFolder} from '../run/defaults.ts';
import {type Host, thisHost} from '../run/host.ts';
import type {SharedVerification} from '../run/verify-shared.ts';
import {waitingLine} from './waiting-line.ts';

export interface GlobalOptions {
  readonly stateDir?: string;
  readonly json: boolean;
}

/** One start of the program: where it prints, how wide and in which colours, and where its runs are. */
export interface App extends Host {
  readonly json: boolean;
  /** A person at a terminal can be asked. */
  readonly terminal: boolean;
  readonly width: number;
  readonly paint: Paint;
  /** Plans with every difference and action: `--details`. */
  readonly details?: boolean;
  /**
   * Where a command starts a lab and stops it again: how it would keep it. Its run cannot go on, nor be reversed.
   */
  readonly keepsLab?: string;
  /** The runs of `state` are copies of those in a store: they are shown, and nothing is done to them here. */
  readonly shared?: {
    readonly place: string;
    /** As it was named: an inventory, or `s3://bucket/prefix`. */
    readonly where: string;
    /** Reads what was added since. */
    refresh(signal: AbortSignal): Promise<void>;
    /** Reads a run again as the store has it, and what was changed there after it was written. */
    verify(run: string, signal: AbortSignal): Promise<SharedVerification>;
  };
  /** Prints data on stdout. */
  print(text: string): void;
  /** Prints messages on stderr. */
  say(text: string): void;
  /** Says what the program waits for, until something else is printed. Nothing for a program that reads JSON. */
  waiting(text: string): void;
  /** A command as it can be pasted here, however this program was started. */
  paste(command: string): string;
}

const maxWidth = 160;

/** How wide a text may be on stdout now: a terminal can be resized. */
export const widthNow = (): number =>
  Math.min(process.stdout.columns || Number(process.env['COLUMNS']) || 100, maxWidth);

export function openApp({stateDir = defaultStateFolder, json}: GlobalOptions): App {
  const program = programName();
  const folder = stateDir === defaultStateFolder ? '' : ` --state-dir ${shellWord(stateDir)}`;
  return {
    ...thisHost(stateDir),
    json,
    terminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
    width: widthNow(),
    paint: usesColour() ? ansiPaint : plainPaint,
    print: (text) => {
      waitingLine.clear();
      process.stdout.write(`${visible(text)}\n`);
    },
    say: (text) => {
      waitingLine.clear();
      process.stderr.write(`${visible(text)}\n`);
    },
    waiting: (text) => {
      if (!json) {
        waitingLine.tell(text);
      }
    },
    paste: (command) => `${program} ${command}${folder}`,
  };
}

function programName(): string {
  const started = process.argv[1] ?? 'switcharoo';
  if (basename(started) !== 'switcharoo.js') {
    return process.env['npm_command'] === 'exec' ? 'npx switcharoo' : 'switcharoo';
  }
  return `node ${relative(process.cwd(), started) || started}`;
}

/** no-color.org: NO_COLOR, if not empty, means no colour; FORCE_COLOR means colour even without a terminal. */
function usesColour(): boolean {
  const {NO_COLOR, FORCE_COLOR, TERM} = process.env;
  if (NO_COLOR) {
    return false;
  }
  return FORCE_COLOR ? FORCE_COLOR !== '0' : Boolean(process.stdout.isTTY) && TERM !== 'dumb';
}
