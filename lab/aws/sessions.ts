import {randomBytes} from 'node:crypto';

/** What STS gives out: a key that ends. */
interface SessionKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly endsAtMs: number;
  /** Whom it stands for: the ARN of an assumed role. */
  readonly arn: string;
}

/** The sessions of the lab's account. */
export interface Sessions {
  grant(arn: string, seconds: number, nowMs: number): SessionKey;
  find(accessKeyId: string): SessionKey | undefined;
  /** Every session is over now, whatever was said of its end: as when a role is revoked. */
  endAll(): void;
}

export function createSessions(): Sessions {
  const keys = new Map<string, SessionKey>();
  return {
    grant: (arn, seconds, nowMs) => {
      const key = {
        accessKeyId: `ASIALAB${randomBytes(6).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(20).toString('hex'),
        sessionToken: randomBytes(40).toString('base64'),
        endsAtMs: nowMs + seconds * 1_000,
        arn,
      };
      keys.set(key.accessKeyId, key);
      return key;
    },
    find: (accessKeyId) => keys.get(accessKeyId),
    endAll: () => {
      for (const [id, key] of keys) {
        keys.set(id, {...key, endsAtMs: 0});
      }
    },
  };
}
