import {isIPv4, isIPv6} from 'node:net';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import type {RecordSet} from '../records/record-set.ts';
import {recordName} from '../records/record-text.ts';

/** API reference, ResourceRecordSet and ResourceRecord; the last two: developer guide, "Quotas". */
const mostTtlSeconds = 2_147_483_647;
const mostWeight = 255;
const mostOfIdentifier = 128;
const mostOfValue = 4_000;
const mostValues = 400;
const mostOfOneName = 100;

/** A set that Route 53 refuses, whatever else is in the zone. */
export function beyondLimits(zone: ZoneReader, to: readonly RecordSet[]): Blocked | undefined {
  for (const set of to) {
    const reason = refusalReason(set, to);
    if (reason) {
      return blocked(
        `${recordName(set)} for ${zone.name} ${reason}: Route 53 refuses it.`,
        'Correct the record in the runbook.',
      );
    }
  }
  return undefined;
}

/** Why Route 53 refuses a set beside the others that are sent, as a clause. */
export function refusalReason(set: RecordSet, to: readonly RecordSet[]): string | undefined {
  const {ttlSeconds, weight, setIdentifier, values = []} = set;
  const duplicate = values.find((value, at) => values.indexOf(value) < at);
  const long = values.find((value) => value.length > mostOfValue);
  const group = to.filter(({name, type}) => name === set.name && type === set.type);
  const reasons: readonly (string | false | undefined)[] = [
    ttlSeconds !== undefined &&
      !isWithin(ttlSeconds, mostTtlSeconds) &&
      `has a TTL of ${ttlSeconds} s, and the maximum is ${mostTtlSeconds} s`,
    weight !== undefined &&
      !isWithin(weight, mostWeight) &&
      `has the weight ${weight}, and a weight is a whole number from 0 to ${mostWeight}`,
    setIdentifier !== undefined &&
      !(setIdentifier.length > 0 && setIdentifier.length <= mostOfIdentifier) &&
      `has a setIdentifier of ${setIdentifier.length} characters, and 1 to ${mostOfIdentifier} are allowed`,
    long !== undefined &&
      `has a value of ${long.length} characters, and ${mostOfValue} are allowed`,
    values.length > mostValues && `has ${values.length} values, and ${mostValues} are allowed`,
    duplicate !== undefined && `has the value ${duplicate} twice`,
    set.type === 'CNAME' &&
      values.length > 1 &&
      `has ${values.length} values, and a CNAME has one value`,
    values.map((value) => malformed[set.type]?.(value)).find(Boolean),
    group.length > mostOfOneName &&
      `is one of ${group.length} sets of that name and type, and ${mostOfOneName} are allowed`,
  ];
  return reasons.find((reason) => typeof reason === 'string');
}

const isWithin = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;

const malformed: Readonly<Record<string, (value: string) => string | undefined>> = {
  A: (value) =>
    isIPv4(value) ? undefined : `has the value ${value}, which is not an IPv4 address`,
  AAAA: (value) =>
    isIPv6(value) ? undefined : `has the value ${value}, which is not an IPv6 address`,
  TXT: textProblem,
  SPF: textProblem,
};

function textProblem(value: string): string | undefined {
  const strings = value.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  if (value.trim() === '' || value.replace(/"(?:[^"\\]|\\.)*"/gs, '').trim() !== '') {
    return `has the value ${value}, which is not in quotation marks`;
  }
  // An escape stands for one character, and two are the quotation marks.
  return strings.some((string) => string.replace(/\\(?:[0-7]{3}|.)/gs, '.').length > 257)
    ? 'has a string of more than 255 characters in one pair of quotation marks'
    : undefined;
}
