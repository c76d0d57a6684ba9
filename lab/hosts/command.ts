/** A command of a lab host, as its shim sends it. */
export interface HostCommand {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Its standard input, for the few commands that read it. */
  readonly input: string;
}

export interface CommandReply {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of a lab host that lives in the lab's supervisor. */
export type HostProgram = (command: HostCommand) => CommandReply | Promise<CommandReply>;

export const succeeded = (stdout = '', code = 0): CommandReply => ({code, stdout, stderr: ''});

export const failed = (stderr: string, code = 1): CommandReply => ({
  code,
  stdout: '',
  stderr: `${stderr}\n`,
});

/** The lab has the part of each command that the steps use. Everything else is refused with a message, not guessed. */
export const notSupported = ({name, args}: Pick<HostCommand, 'name' | 'args'>): CommandReply =>
  failed(`${name}: this lab host does not support: ${[name, ...args].join(' ')}`, 64);
