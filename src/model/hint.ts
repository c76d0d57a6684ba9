/**
 * What to do next: a sentence, or a sentence with the command that does it. The command is given without the program's
 * name, such as `resume`: the command line prints it as it can be pasted where it runs.
 */
export type Hint = string | {readonly text: string; readonly command: string};

/** A word of a command, such as the name of a file, as a shell takes it when it is pasted. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** `paste` makes the command of a hint complete. Without it, it is the command of an installed program. */
export const hintText = (
  hint: Hint,
  paste: (command: string) => string = (command) => `switcharoo ${command}`,
): string => (typeof hint === 'string' ? hint : `${hint.text}: ${paste(hint.command)}`);
