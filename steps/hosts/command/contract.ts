/** A command for /bin/sh. Values are in its environment, and never in its text. */
export interface Command {
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

/** The run and the entry that leave something on a host. */
interface Marker {
  readonly id: string;
  readonly entry: string;
}

/** How a command ended. */
export interface CommandEnd {
  /** `timeout`: it did not end within its limit, and was ended. */
  readonly exit: number | 'timeout';
  /** The last `longestOutput` bytes of its standard output. */
  readonly printed: string;
  /** All that it wrote there, in bytes. */
  readonly printedBytes: number;
  /** The same of its standard error. */
  readonly complaint: string;
}

export const longestOutput = 4_000;

/** A machine whose commands are run to look. Nothing but their author keeps them from changing something. */
export interface CommandReader {
  readonly name: string;
  /** `running`: a command of an earlier try of this entry has not ended yet, so it says nothing to look now. */
  checkCommand(
    command: Command,
    marker: Marker,
    signal: AbortSignal,
  ): Promise<CommandEnd | 'running'>;
}

export interface CommandWriter extends CommandReader {
  /** One at a time for each entry: `running` when another one of it has not ended. */
  runCommand(
    command: Command,
    marker: Marker,
    signal: AbortSignal,
  ): Promise<CommandEnd | 'running'>;
}

/** The machines of one target, in the order of the inventory. */
export interface CommandMachines<Machine extends CommandReader = CommandReader> {
  readonly name: string;
  readonly hosts: readonly Machine[];
}
