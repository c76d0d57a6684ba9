import {closeSync, openSync, readFileSync, writeSync} from 'node:fs';

/** One acknowledged write. */
interface LedgerLine {
  readonly token: string;
  readonly client: number;
  readonly side: string;
  readonly atUtc: string;
}

/** The clients' own record of every acknowledged write. */
interface Ledger {
  append(line: LedgerLine): void;
  close(): void;
}

/**
 * A line is handed to the system before the write is counted: killed at any instant, the clients
 * leave no counted write out. Only a crash of the whole machine could, and the lab ends with it.
 */
export function openLedger(file: string): Ledger {
  const descriptor = openSync(file, 'a', 0o600);
  return {
    append: ({token, client, side, atUtc}) =>
      void writeSync(descriptor, `${token}\t${client}\t${side}\t${atUtc}\n`),
    close: () => closeSync(descriptor),
  };
}

/** The writes of a ledger. A last line that a kill tore was never counted. */
export function writesIn(file: string): readonly LedgerLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [token = '', client = '', side = '', atUtc = ''] = line.split('\t');
    return {token, client: Number(client), side, atUtc};
  });
}

export const tokensIn = (file: string): readonly string[] => writesIn(file).map(({token}) => token);
