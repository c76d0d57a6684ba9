import type {Problem} from '../../../src/index.ts';
import type {CommandEnd} from './contract.ts';

export type CommandPart = 'check' | 'do' | 'undo';

export const commandFailed = (part: CommandPart, machine: string, end: CommandEnd): Problem => ({
  code: 'command-failed',
  message: `${commandText(part, machine)} ${endText(end)}.`,
  hint: `Run the command "check" by hand on ${machine} to see whether "${part}" took effect. Fix the cause, then resume or reverse the run.`,
});

export const commandStillRunning = (part: CommandPart, machine: string): Problem => ({
  code: 'command-still-running',
  message: `${commandText(part, machine)} was not started: a command of an earlier attempt is still running.`,
  hint: `Wait until it has ended, or end it by hand on ${machine}; then resume.`,
});

/** The check says neither done nor pending right before a command is run. */
export const commandStateUnclear = (machine: string, end: CommandEnd): Problem => ({
  code: 'command-state-unclear',
  message: `${commandText('check', machine)} ${endText(end)}, which is neither done nor pending.`,
  hint: `Run the command "check" by hand on ${machine} to see its output, and fix the cause. Then resume or reverse the run.`,
});

export const commandText = (part: CommandPart, machine: string) =>
  `The command "${part}" on ${machine}`;

/** `ended with exit code 2: no such file` */
export function endText(end: CommandEnd): string {
  const how =
    end.exit === 'timeout' ? 'was stopped at its time limit' : `ended with exit code ${end.exit}`;
  const lines = lastLines(end);
  return lines === '' ? `${how}, and printed nothing` : `${how}: ${lines}`;
}

const mostLines = 3;
const longestLines = 300;

/** The last lines of a command, of its standard error first, in one line. */
function lastLines({printed, complaint}: CommandEnd): string {
  const text = complaint.trim() === '' ? printed : complaint;
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-mostLines).join(' / ').slice(-longestLines).replace(/\.$/, '');
}
