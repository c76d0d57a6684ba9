import {isIPv4, isIPv6} from 'node:net';
import type {RecordSet} from './record-set.ts';
import type {Change} from './route53-xml.ts';

/** Developer guide, "Quotas": records and characters of one request; an UPSERT counts twice. */
const mostRecords = 1_000;
const mostCharacters = 32_000;
const mostValues = 400;

export function batchLimitProblems(changes: readonly Change[]): readonly string[] {
  const records = sum(changes, ({values}) => values?.length ?? 1);
  const characters = sum(changes, ({values}) => (values ?? []).join('').length);
  return [
    ...(records > mostRecords ? [`Number of records limit of ${mostRecords} exceeded.`] : []),
    ...(characters > mostCharacters
      ? [`Number of characters limit of ${mostCharacters} exceeded.`]
      : []),
  ];
}

export function valueProblems({type, values = []}: RecordSet): readonly string[] {
  const twice = values.find((value, at) => values.indexOf(value) < at);
  return [
    ...(values.length > mostValues ? [`${values.length} values in one set`] : []), // its own words are not known
    ...values.flatMap((value) => fatal(type, value)),
    ...(twice === undefined ? [] : [`Duplicate Resource Record: '${twice}'`]),
  ];
}

function sum(changes: readonly Change[], countOf: (set: RecordSet) => number): number {
  return changes.reduce(
    (total, {action, set}) => total + countOf(set) * (action === 'UPSERT' ? 2 : 1),
    0,
  );
}

function fatal(type: string, value: string): readonly string[] {
  const problem = checks[type]?.(value);
  return problem
    ? [`Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`]
    : [];
}

const checks: Readonly<Record<string, (value: string) => string | undefined>> = {
  A: (value) =>
    isIPv4(value) ? undefined : 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)',
  AAAA: (value) =>
    isIPv6(value) ? undefined : 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)',
  TXT: textProblem,
  SPF: textProblem,
};

/** Quoted strings of at most 255 characters, a space between them. */
function textProblem(value: string): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s.test(value)) {
    return 'InvalidCharacterString (Value should be enclosed in quotation marks)';
  }
  const strings = value.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  return strings.some((string) => string.replace(/\\(?:[0-7]{3}|.)/gs, '.').length > 257)
    ? 'CharacterStringTooLong (Value is too long)'
    : undefined;
}
