/** One resource record set, as Route 53 keeps it. */
export interface RecordSet {
  /** With its trailing dot, in lower case, other characters in octal. */
  readonly name: string;
  readonly type: string;
  /** Tells the members of a weighted, failover, latency … group apart. */
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly region?: string;
  readonly geoLocation?: Readonly<Record<string, string>>;
  readonly failover?: string;
  readonly multiValueAnswer?: boolean;
  readonly cidrRoutingConfig?: Texts;
  readonly geoProximityLocation?: Texts;
  /** In seconds. An alias has none. */
  readonly ttl?: number;
  readonly values?: readonly string[];
  readonly aliasTarget?: AliasTarget;
  readonly healthCheckId?: string;
  readonly trafficPolicyInstanceId?: string;
}

/** Elements of XML with texts in them, as they came. */
export interface Texts {
  readonly [name: string]: string | Texts;
}

export interface AliasTarget {
  readonly hostedZoneId: string;
  readonly dnsName: string;
  readonly evaluateTargetHealth: boolean;
}

/** What makes a set the same one: name, type and set identifier. */
export const keyOf = ({name, type, setIdentifier}: RecordSet): string =>
  JSON.stringify([name, type, setIdentifier ?? null]);

/** Whether `given` equals the current set, as a DELETE must give it: everything equal, values in any order. */
export const isExactly = (given: RecordSet, current: RecordSet): boolean =>
  comparable(given, (value) => value) === comparable(current, (value) => value);

/**
 * Whether Route 53 takes a change of one to the other for no change, answers INSYNC and stores nothing:
 * a trailing dot, the order of values (octodns/octodns-route53#45, #96; boto/boto3#3579).
 */
export const isSameToRoute53 = (current: RecordSet, given: RecordSet): boolean =>
  comparable(current, undotted) === comparable(given, undotted);

/** A copy without the keys whose value is `undefined`. */
export function defined<Given extends object>(given: Given): Defined<Given> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  // The type says what the filter did.
  return Object.fromEntries(entries) as Defined<Given>;
}

type Defined<Given> = {
  [Key in keyof Given as undefined extends Given[Key] ? never : Key]: Given[Key];
} & {
  [Key in keyof Given as undefined extends Given[Key] ? Key : never]?: Exclude<
    Given[Key],
    undefined
  >;
};

function comparable(set: RecordSet, asCompared: (value: string) => string): string {
  const plain = {...set, ...(set.values ? {values: set.values.map(asCompared).sort()} : {})};
  const entries = Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries);
}

const undotted = (value: string): string => value.replace(/\.$/, '');
