/** A command of a lab host, as its shim sends it. */
export interface HostCommand {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What was on its standard input, for the few commands that read it. */
  readonly input: string;
}

export interface CommandReply {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of a lab host that lives in the lab's supervisor. */
export type HostProgram = (command: HostCommand) => CommandReply | Promise<CommandReply>;

export const answered = (stdout = '', code = 0): CommandReply => ({code, stdout, stderr: ''});

export const complained = (stderr: string, code = 1): CommandReply => ({
  code,
  stdout: '',
  stderr: `${stderr}\n`,
});

/** The lab plays the part of each command that the steps use. Anything else is refused aloud rather than guessed. */
export const notPlayed = ({name, args}: Pick<HostCommand, 'name' | 'args'>): CommandReply =>
  complained(`${name}: this lab host does not know: ${[name, ...args].join(' ')}`, 64);
