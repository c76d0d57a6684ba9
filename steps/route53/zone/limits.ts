import {isIPv4, isIPv6} from 'node:net';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import type {RecordSet} from '../records/record-set.ts';
import {nameOf} from '../records/record-text.ts';

/** API reference, ResourceRecordSet and ResourceRecord; the last two: developer guide, "Quotas". */
const mostTtlSeconds = 2_147_483_647;
const mostWeight = 255;
const mostOfIdentifier = 128;
const mostOfValue = 4_000;
const mostValues = 400;
const mostOfOneName = 100;

/** What Route 53 refuses in a set, whatever else is in the zone. */
export function beyondLimits(zone: ZoneReader, to: readonly RecordSet[]): Blocked | undefined {
  for (const set of to) {
    const why = whyRefused(set, to);
    if (why) {
      return blocked(
        `${nameOf(set)} for ${zone.name} ${why}: Route 53 refuses it.`,
        'Correct it in the runbook.',
      );
    }
  }
  return undefined;
}

function whyRefused(set: RecordSet, to: readonly RecordSet[]): string | undefined {
  const {ttlSeconds, weight, setIdentifier, values = []} = set;
  const twice = values.find((value, at) => values.indexOf(value) < at);
  const long = values.find((value) => value.length > mostOfValue);
  const group = to.filter(({name, type}) => name === set.name && type === set.type);
  const whys: readonly (string | false | undefined)[] = [
    ttlSeconds !== undefined &&
      !isWithin(ttlSeconds, mostTtlSeconds) &&
      `has a TTL of ${ttlSeconds} s, and the longest is ${mostTtlSeconds} s`,
    weight !== undefined &&
      !isWithin(weight, mostWeight) &&
      `has the weight ${weight}, and weights are whole numbers from 0 to ${mostWeight}`,
    setIdentifier !== undefined &&
      !(setIdentifier.length > 0 && setIdentifier.length <= mostOfIdentifier) &&
      `has a setIdentifier of ${setIdentifier.length} characters, and it has 1 to ${mostOfIdentifier}`,
    long !== undefined &&
      `has a value of ${long.length} characters, and a value has ${mostOfValue} at most`,
    values.length > mostValues &&
      `has ${values.length} values, and a set has ${mostValues} at most`,
    twice !== undefined && `has the value ${twice} twice`,
    set.type === 'CNAME' && values.length > 1 && `has ${values.length} values, and a CNAME has one`,
    values.map((value) => malformed[set.type]?.(value)).find(Boolean),
    group.length > mostOfOneName &&
      `is one of ${group.length} sets of that name and type, and there may be ${mostOfOneName}`,
  ];
  return whys.find((why) => typeof why === 'string');
}

const isWithin = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;

const malformed: Readonly<Record<string, (value: string) => string | undefined>> = {
  A: (value) => (isIPv4(value) ? undefined : `has the value ${value}, which is no IPv4 address`),
  AAAA: (value) => (isIPv6(value) ? undefined : `has the value ${value}, which is no IPv6 address`),
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
    ? 'has a text of more than 255 characters in one pair of quotation marks'
    : undefined;
}
