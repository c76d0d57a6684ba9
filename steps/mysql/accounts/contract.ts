/** An account of a server, under its own host also while it is locked. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

export interface ServerAccount extends Account {
  readonly locked: boolean;
  /** Whether `read_only` binds it; `super_read_only` binds every account. */
  readonly bound: boolean;
}

/** A client's session on a server. */
export interface Client {
  readonly id: number;
  readonly user: string;
  /** Where it comes from: `address:port`, or `localhost`. */
  readonly host: string;
  /** `Sleep`, `Query`, … */
  readonly command: string;
  /** How long it has been in this state. */
  readonly seconds: number;
}

/** A session with changes that it has not committed. */
export interface OpenTransaction {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly seconds: number;
}
