import {textFromWords, type ZoneRecord} from './rdata.ts';
import {recordType} from './types.ts';
import {
  type Line,
  LineProblem,
  linesOf,
  readable,
  type Word,
  zoneFileName,
} from './zone-file-tokens.ts';

/** What the previous lines have set. */
interface State {
  origin: string;
  owner: string | undefined;
  defaultTtl: number | undefined;
  lastTtl: number | undefined;
}

/** The records of a zone file (RFC 1035, 5), in its order. Throws a `LineProblem` for a line that it cannot read. */
export function recordsInFile(file: Buffer, domain: string): readonly ZoneRecord[] {
  const state: State = {
    origin: domain,
    owner: undefined,
    defaultTtl: undefined,
    lastTtl: undefined,
  };
  return linesOf(file.toString('latin1')).flatMap((line) => {
    try {
      return line.words[0]?.text.startsWith('$') && !line.words[0].quoted && !line.indented
        ? directive(line, state, domain)
        : [record(line, state, domain)];
    } catch (error) {
      throw error instanceof RangeError ? new LineProblem(line.number, error.message) : error;
    }
  });
}

function directive({words}: Line, state: State, domain: string): readonly ZoneRecord[] {
  const [{text: what} = {text: ''}, {text: value} = {text: ''}] = words;
  switch (what.toUpperCase()) {
    case '$ORIGIN':
      // It would double every name: `www.shop.test.shop.test.`
      if (state.origin !== '.' && `.${value.toLowerCase()}.`.endsWith(`.${domain}`)) {
        throw new RangeError(
          `$ORIGIN ${readable(value)} has no final dot, so it means ${readable(value)}.${state.origin}`,
        );
      }
      state.origin = zoneFileName(value, state.origin);
      return [];
    case '$TTL':
      state.defaultTtl = secondsOf(value);
      if (state.defaultTtl === undefined) {
        throw new RangeError(`"${readable(value)}" is not a TTL`);
      }
      refuseLongTtl(state.defaultTtl);
      return [];
    default:
      throw new RangeError(`${readable(what)} is not supported`);
  }
}

function record({indented, words: given}: Line, state: State, domain: string): ZoneRecord {
  const words = [...given];
  if (!indented) {
    state.owner = zoneFileName(words.shift()?.text ?? '', state.origin);
  }
  if (state.owner === undefined) {
    throw new RangeError('it has no name, and no line before it has one');
  }
  if (!`.${state.owner}`.endsWith(`.${domain}`)) {
    throw new RangeError(`${state.owner} is not in ${domain}`);
  }
  const ttl = ttlBefore(words);
  const type = typeOf(words.shift());
  const value = textFromWords(type, withSeconds(type, words), state.origin);
  state.lastTtl = ttl ?? state.defaultTtl ?? state.lastTtl ?? minimumOf(type, value);
  if (state.lastTtl === undefined) {
    throw new RangeError('it has no TTL, and no line before it has one');
  }
  refuseLongTtl(state.lastTtl);
  return {name: state.owner, type, ttl: state.lastTtl, value};
}

/** RFC 2181, 8: 31 bits. Resolvers take more for 0, and Route 53 refuses it. */
function refuseLongTtl(ttl: number): void {
  if (ttl > mostTtl) {
    throw new RangeError(`the TTL ${ttl} is above ${mostTtl}`);
  }
}

const mostTtl = 2 ** 31 - 1;

/** TTL and class come before the type in any order; both may be missing. */
function ttlBefore(words: Word[]): number | undefined {
  let ttl: number | undefined;
  for (let [next] = words; next !== undefined; [next] = words) {
    const seconds = secondsOf(next.text);
    if (/^(CH|HS|CS)$/i.test(next.text)) {
      throw new RangeError(`class ${next.text} is not IN`);
    }
    if (seconds === undefined && !/^IN$/i.test(next.text)) {
      return ttl;
    }
    ttl = seconds ?? ttl;
    words.shift();
  }
  return ttl;
}

function typeOf(word: Word | undefined): string {
  const type = recordType(word?.text ?? '');
  if (type === undefined) {
    throw new RangeError(word ? `"${readable(word.text)}" is not a record type` : 'it has no type');
  }
  return type;
}

/** `1h30m`, as BIND writes times. */
function secondsOf(text: string): number | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) {
    return undefined;
  }
  const units: Readonly<Record<string, number>> = {s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800};
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit || 's'] ?? 1), 0);
}

/** The times of an SOA may have units, too. */
const withSeconds = (type: string, words: readonly Word[]): readonly Word[] =>
  type === 'SOA'
    ? words.map((word, index) =>
        index < 3 ? word : {...word, text: String(secondsOf(word.text) ?? word.text)},
      )
    : words;

/** RFC 1035: without any TTL, every record has the minimum of the SOA. */
const minimumOf = (type: string, value: string): number | undefined =>
  type === 'SOA' ? Number(value.split(' ').at(-1)) : undefined;
