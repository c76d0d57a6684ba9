import type {DnsRecord, Over, Question} from '../name-servers/index.ts';

export interface DnsConfig {
  /** Every authoritative server of the zone, as `address:port`. */
  readonly authoritative: readonly string[];
  readonly resolvers: readonly string[];
  /** Name servers of the parent domain. */
  readonly parents: readonly string[];
}

/** DNS as clients see it: every authoritative server, and the resolvers that the operator watches. It has no writer. */
export interface DnsReader {
  /** The target's name in the inventory. */
  readonly name: string;
  /** Asks every server at the same time: authoritative servers without recursion, resolvers with it. */
  ask(question: Question, signal: AbortSignal, over?: Over): Promise<readonly (Reply | NoReply)[]>;
  /** Whether the inventory has resolvers: they know other zones, too. */
  readonly hasResolvers: boolean;
  /** How many name servers of the parent domain the inventory has. */
  readonly parents: number;
  /** Asks the name servers of the parent domain, where the inventory has them. */
  askParents(question: Question, signal: AbortSignal): Promise<readonly (Reply | NoReply)[]>;
}

export type Role = 'authoritative' | 'resolver' | 'parent';

/** The reply of one name server. */
export interface Reply {
  readonly kind: 'reply';
  /** `address:port`. */
  readonly server: string;
  readonly role: Role;
  readonly rcode: string;
  /** AA: the server holds the zone itself. */
  readonly authoritative: boolean;
  /** The records of the type that was asked for, at the end of a chain of CNAMEs too. */
  readonly records: readonly DnsRecord[];
  /** The CNAMEs before them. */
  readonly chain: readonly DnsRecord[];
  /** The name in the last CNAME, when the reply ends there. */
  readonly leadsTo?: string;
  /** Seconds for which caches keep that there is no such record (RFC 2308); 0 when there is one. */
  readonly missingTtl: number;
  /** The zone that has no such record. */
  readonly apex?: string;
  /** The NS records of a referral. */
  readonly delegation: readonly DnsRecord[];
}

/** No reply from one name server, and the reason as text. */
export interface NoReply {
  readonly kind: 'no-reply';
  readonly server: string;
  readonly role: Role;
  readonly reason: string;
}
