export type Row = Readonly<Record<string, unknown>>;

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database?: string | undefined;
  readonly tls?: {readonly ca?: string | undefined} | undefined;
}

export interface Statement {
  /** With placeholders: problems show its text, never its values. */
  readonly sql: string;
  readonly values?: readonly unknown[];
  readonly limitMs?: number;
}

/** Asks one session, one statement after another. */
export type Ask = (statement: Statement) => Promise<readonly Row[]>;

/** Where a problem happened: the target's name in the inventory and its address. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
}
