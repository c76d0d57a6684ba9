import {dsOf, type ZoneKey} from '../dns/signing.ts';

/** A domain that is registered here, and what its parent zone publishes. */
export interface LabDomain {
  /** Without the last dot, as the API writes it. */
  readonly name: string;
  readonly nameServers: readonly LabNameServer[];
  readonly keys?: readonly ZoneKey[];
  /** EPP status codes. */
  readonly statuses?: readonly string[];
}

interface LabNameServer {
  readonly name: string;
  readonly glue?: readonly string[];
}

export interface Operation {
  readonly id: string;
  readonly type: string;
  readonly domain: string;
  readonly submittedMs: number;
  readonly endsMs: number;
  readonly failure?: string;
  /** Makes the change, once, when the operation ends. */
  readonly make: () => void;
  made: boolean;
}

export const isOver = ({endsMs}: Operation): boolean => endsMs <= Date.now();

export function statusOf(operation: Operation): string {
  if (isOver(operation)) {
    return operation.failure === undefined ? 'SUCCESSFUL' : 'FAILED';
  }
  const half = (operation.submittedMs + operation.endsMs) / 2;
  return Date.now() < half ? 'SUBMITTED' : 'IN_PROGRESS';
}

/** Times are seconds since 1970, as JSON protocols of AWS have them. */
export const operationTree = (operation: Operation) => ({
  OperationId: operation.id,
  Status: statusOf(operation),
  Message: isOver(operation) ? (operation.failure ?? '') : '',
  DomainName: operation.domain,
  Type: operation.type,
  SubmittedDate: operation.submittedMs / 1_000,
  LastUpdatedDate: Math.min(Date.now(), operation.endsMs) / 1_000,
});

export const keyId = (domain: string, key: ZoneKey): string =>
  `${dsOf(`${domain}.`, key).keyTag}-${key.algorithm}`;

export const detailOf = ({
  name,
  nameServers,
  keys = [],
  statuses = ['clientTransferProhibited'],
}: LabDomain) => ({
  DomainName: name,
  Nameservers: nameServers.map((server) => ({
    Name: server.name,
    ...(server.glue?.length ? {GlueIps: server.glue} : {}),
  })),
  AutoRenew: true,
  AdminPrivacy: true,
  RegistrantPrivacy: true,
  TechPrivacy: true,
  RegistrarName: 'Amazon Registrar, Inc.',
  StatusList: statuses,
  DnssecKeys: keys.map((key) => {
    const {keyTag, digestType, digest} = dsOf(`${name}.`, key);
    return {
      Algorithm: key.algorithm,
      Flags: key.flags,
      PublicKey: key.publicKey,
      DigestType: digestType,
      Digest: digest,
      KeyTag: keyTag,
      Id: keyId(name, key),
    };
  }),
});
