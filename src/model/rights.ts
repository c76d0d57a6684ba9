/** What an administrator gives an account, so that it may do what units need. */
export type Grant =
  /** A statement of an IAM policy. */
  | {
      readonly form: 'iam';
      readonly actions: readonly string[];
      readonly resources: readonly string[];
    }
  /** To be pasted into the system by its administrator. */
  | {readonly form: 'statement'; readonly text: string}
  /** Nothing can be pasted: it is arranged, and said in words. */
  | {readonly form: 'words'; readonly text: string};

/** Whether an account has what is needed, as far as its system tells. */
export interface NeedStatus {
  readonly need: string;
  readonly is: 'granted' | 'missing' | 'unknown';
  /** Why it is missing, or why nobody knows. */
  readonly reason?: string;
}

/** What one account needs in one system. */
export interface Rights {
  /** The account as its system calls it; `null` when it could not be asked. */
  readonly account: string | null;
  readonly grants: readonly Grant[];
  readonly needs: readonly NeedStatus[];
}

/** What the accounts of one target need for a runbook. */
export interface TargetRights {
  readonly target: string;
  readonly kind: string;
  readonly rights: readonly Rights[];
}
