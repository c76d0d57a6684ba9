import type {ResourceRecordSet, RRType} from '@aws-sdk/client-route-53';
import {z} from 'zod';

/** One resource record set, complete: enough to delete exactly this set, and to create it again. */
export const recordSet = z.object({
  name: z.string(),
  type: z.string(),
  setIdentifier: z.string().optional(),
  weight: z.number().optional(),
  /** An alias has none. */
  ttlSeconds: z.number().optional(),
  values: z.array(z.string()).optional(),
  alias: z
    .object({hostedZoneId: z.string(), dnsName: z.string(), evaluateTargetHealth: z.boolean()})
    .optional(),
  healthCheckId: z.string().optional(),
  /** Other fields that choose the answer (region, failover, traffic policy …), as Route 53 lists them. */
  routing: z.record(z.string(), z.unknown()).optional(),
});
export type RecordSet = z.output<typeof recordSet>;

export function fromSdk(set: ResourceRecordSet): RecordSet {
  const {
    Name = '',
    Type = '',
    SetIdentifier,
    Weight,
    TTL,
    ResourceRecords = [],
    AliasTarget,
    HealthCheckId,
    ...routing
  } = set;
  return recordSet.parse({
    name: Name,
    type: Type,
    ...given('setIdentifier', SetIdentifier),
    ...given('weight', Weight),
    ...given('ttlSeconds', TTL),
    // An alias may come with an empty list.
    ...(ResourceRecords.length > 0 && {values: ResourceRecords.map(({Value}) => Value)}),
    ...(AliasTarget && {
      alias: {
        hostedZoneId: AliasTarget.HostedZoneId,
        dnsName: AliasTarget.DNSName,
        evaluateTargetHealth: AliasTarget.EvaluateTargetHealth,
      },
    }),
    ...given('healthCheckId', HealthCheckId),
    ...(Object.keys(routing).length > 0 && {routing}),
  });
}

export function toSdk(set: RecordSet): ResourceRecordSet {
  return {
    Name: set.name,
    // The SDK's type may lack a record type that Route 53 supports.
    Type: set.type as RRType,
    SetIdentifier: set.setIdentifier,
    Weight: set.weight,
    TTL: set.ttlSeconds,
    ResourceRecords: set.values?.map((Value) => ({Value})),
    AliasTarget: set.alias && {
      HostedZoneId: set.alias.hostedZoneId,
      DNSName: set.alias.dnsName,
      EvaluateTargetHealth: set.alias.evaluateTargetHealth,
    },
    HealthCheckId: set.healthCheckId,
    ...set.routing,
  };
}

const given = (key: string, value: unknown) => (value === undefined ? {} : {[key]: value});
