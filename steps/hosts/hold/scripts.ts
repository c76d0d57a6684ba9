import {createHash} from 'node:crypto';
import type {ConnectionHold} from './contract.ts';

/** One way to hold connections on a host: pieces of a script for its root shell. */
export interface HoldScripts {
  /** A command that succeeds where this way works; it changes nothing. */
  isUsable(name: string, hold: ConnectionHold): string;
  /** Begins the hold, or begins it again. What ends it by itself is armed before, or with it. */
  arm(name: string, hold: ConnectionHold): string;
  /** Ends it, and removes all that it made. Succeeds where there is nothing. */
  release(name: string): string;
  /** Prints a line for each hold whose name begins so: `hold <way> <name> <text>`. */
  read(prefix: string): string;
  stateIn(text: string): PortsHeld;
}

/** What a hold of one host holds now; no ports once the kernel has released them. */
interface PortsHeld {
  readonly ports: readonly {readonly port: number; readonly leftMs: number | null}[];
  /** How many connection attempts were dropped; `null` where that is not counted. */
  readonly attempts: number | null;
}

export const holdPrefix = 'switcharoo_hold_';

/** A table, set or chain is named by the run: 28 characters are the most that iptables takes. */
export const holdName = (run: string): string =>
  `${holdPrefix}${createHash('sha256').update(run).digest('hex').slice(0, 8)}`;

// The clock is the kernel's, which nobody sets, in hundredths of a second (proc_uptime(5)), and it is read without
// starting a process.
export const defineClock = `clock() { read -r up _ < /proc/uptime; now=$((\${up%.*} * 1000 + 1\${up#*.}0 - 1000)); }`;
