import {XMLParser} from 'fast-xml-parser';
import {type AliasTarget, defined, type RecordSet, type Texts} from './record-set.ts';
import {AwsError, type XmlTree} from './replies.ts';
import {storedName} from './route53-names.ts';

export interface Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: RecordSet;
}

interface ChangeBatch {
  readonly changes: readonly Change[];
  readonly comment?: string;
}

/** Reads the body of ChangeResourceRecordSets. */
export function readBatch(body: string): ChangeBatch {
  const request = record(record(parser.parse(body))['ChangeResourceRecordSetsRequest']);
  const batch = record(request['ChangeBatch']);
  const changes = list(record(batch['Changes'])['Change']).map(readChange);
  if (changes.length === 0) {
    const expected = 'ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest';
    throw new AwsError('MalformedInput', expected);
  }
  return defined({changes, comment: text(batch['Comment'])});
}

/** A set as listings answer it, elements in the order of the API reference. */
export const setTree = (set: RecordSet): XmlTree => ({
  Name: set.name,
  Type: set.type,
  SetIdentifier: set.setIdentifier,
  Weight: set.weight,
  Region: set.region,
  GeoLocation: set.geoLocation,
  Failover: set.failover,
  MultiValueAnswer: set.multiValueAnswer,
  TTL: set.ttl,
  ResourceRecords: set.values && {ResourceRecord: set.values.map((Value) => ({Value}))},
  AliasTarget: set.aliasTarget && {
    HostedZoneId: set.aliasTarget.hostedZoneId,
    DNSName: set.aliasTarget.dnsName,
    EvaluateTargetHealth: set.aliasTarget.evaluateTargetHealth,
  },
  HealthCheckId: set.healthCheckId,
  TrafficPolicyInstanceId: set.trafficPolicyInstanceId,
  CidrRoutingConfig: set.cidrRoutingConfig,
  GeoProximityLocation: set.geoProximityLocation,
});

/** A set as Route 53 stores it, whatever way its name was written. */
export const storedSet = (set: RecordSet): RecordSet => ({
  ...set,
  name: storedName(set.name),
  ...(set.aliasTarget && {aliasTarget: storedAlias(set.aliasTarget)}),
});

const storedAlias = (alias: AliasTarget): AliasTarget => ({
  ...alias,
  dnsName: storedName(alias.dnsName),
});

const parser = new XMLParser({
  parseTagValue: false,
  // A value may begin or end with a space.
  trimValues: false,
  // `&#x0A;` and its like.
  htmlEntities: true,
  processEntities: {enabled: true, maxExpandedLength: 10_000_000},
});

function readChange(change: unknown): Change {
  const {Action, ResourceRecordSet} = record(change);
  const action = text(Action);
  const given = record(ResourceRecordSet);
  if (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT') {
    throw new AwsError('InvalidInput', `Invalid request: unknown action ${action}.`);
  }
  const set = defined({
    name: text(given['Name']) ?? '',
    type: text(given['Type']) ?? '',
    setIdentifier: text(given['SetIdentifier']),
    weight: number(given['Weight']),
    region: text(given['Region']),
    geoLocation: given['GeoLocation'] ? strings(given['GeoLocation']) : undefined,
    failover: text(given['Failover']),
    multiValueAnswer: boolean(given['MultiValueAnswer']),
    ttl: number(given['TTL']),
    values: given['ResourceRecords'] ? values(given['ResourceRecords']) : undefined,
    aliasTarget: given['AliasTarget'] ? alias(given['AliasTarget']) : undefined,
    healthCheckId: text(given['HealthCheckId']),
    trafficPolicyInstanceId: text(given['TrafficPolicyInstanceId']),
    cidrRoutingConfig: texts(given['CidrRoutingConfig']),
    geoProximityLocation: texts(given['GeoProximityLocation']),
  });
  const missing = `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=${action}, Name=${set.name}, Type=${set.type}, SetIdentifier=${set.setIdentifier ?? null}]`;
  return {action, set: storedSet(complete(set, missing))};
}

function complete(set: RecordSet, missing: string): RecordSet {
  const plain = set.ttl !== undefined && set.values !== undefined && set.values.length > 0;
  const kinds = [plain, set.aliasTarget, set.trafficPolicyInstanceId].filter(Boolean);
  if (kinds.length === 0) {
    throw new AwsError('InvalidInput', missing);
  }
  if (kinds.length > 1) {
    throw new AwsError('InvalidInput', missing.replace('found none', 'found more than one'));
  }
  return set;
}

function texts(given: unknown): Texts | undefined {
  return given === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(record(given)).flatMap(([name, child]) =>
          name === '#text'
            ? []
            : [[name, typeof child === 'object' ? (texts(child) ?? {}) : String(child)]],
        ),
      );
}

const values = (records: unknown): readonly string[] =>
  list(record(records)['ResourceRecord']).map((entry) => text(record(entry)['Value']) ?? '');

const alias = (target: unknown): AliasTarget => ({
  hostedZoneId: text(record(target)['HostedZoneId']) ?? '',
  dnsName: text(record(target)['DNSName']) ?? '',
  evaluateTargetHealth: boolean(record(target)['EvaluateTargetHealth']) ?? false,
});

const strings = (given: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record(given)).flatMap(([key, value]) =>
      typeof value === 'string' && key !== '#text' ? [[key, value]] : [],
    ),
  );

// What the parser makes of an element depends on what is in it; an empty one is ''.
const record = (given: unknown): Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
const list = (given: unknown): readonly unknown[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given];
const text = (given: unknown): string | undefined =>
  typeof given === 'string' ? given : undefined;
const number = (given: unknown): number | undefined =>
  typeof given === 'string' ? Number(given) : undefined;
const boolean = (given: unknown): boolean | undefined =>
  typeof given === 'string' ? given === 'true' : undefined;
