import {commonWords} from './common-words.ts';
import {isExpected, mask, type Pattern, patternsOf, shortest, traitsOf} from './secret-patterns.ts';
import {withoutBreaks} from './spellings.ts';

/** Members whose values come out of the program itself. */
const ourWords = new Set(['kind', 'code', 'outlook', 'evidence', 'unitKind', 'way', 'about']);

/**
 * Takes secrets out of whatever leaves the process: however they are quoted, escaped or encoded, and also where a
 * server cut them off.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  #patterns: readonly Pattern[] = [];

  /**
   * A secret of fewer than 4 characters is not looked for: it would be found everywhere. A short one that is a word or
   * a number is taken out only as a word of its own, and a common word only where a secret is expected.
   */
  add(secret: string): void {
    if (secret.length < shortest || this.#secrets.has(secret)) {
      return;
    }
    this.#secrets.add(secret);
    const added = patternsOf(secret);
    this.#patterns = [...this.#patterns, ...added].sort(
      (a, b) => Number(a.isCut) - Number(b.isCut) || b.length - a.length,
    );
  }

  text(text: string): string {
    return this.#redacted(text, true);
  }

  /**
   * The same value with every string in it redacted, keys included. A word by which the program decides ("blocked")
   * may hold a short secret by chance, and then stays as it is: only where it is the secret itself, it goes. What holds
   * no secret is given back itself, and not a copy.
   */
  value<Value>(value: Value): Value {
    // Every string is mapped to a string, and nothing else is touched: the shape stays.
    return this.#secrets.size === 0 ? value : (this.#deep(value, true) as Value);
  }

  /** Whether a whole secret is anywhere in it. What only looks like the beginning of one is a name like any other. */
  isIn(value: unknown): boolean {
    return this.#secrets.size > 0 && this.#deep(value, false) !== value;
  }

  #redacted(text: string, withCuts: boolean): string {
    if (text.length < shortest) {
      return text;
    }
    const joined = withoutBreaks(text);
    if (joined !== null) {
      const masked = this.#maskedIn(joined, withCuts);
      // Its breaks and colours go with the secret, and stay where there is none.
      if (masked !== joined) {
        return masked;
      }
    }
    return this.#maskedIn(text, withCuts);
  }

  #maskedIn(text: string, withCuts: boolean): string {
    const traits = traitsOf(text);
    let masked = text;
    for (const pattern of this.#patterns) {
      if ((withCuts || !pattern.isCut) && pattern.mayBeIn(text, traits)) {
        masked = pattern.masked(masked);
      }
    }
    return masked;
  }

  #deep(value: unknown, withCuts: boolean): unknown {
    if (typeof value === 'string') {
      return this.#redacted(value, withCuts);
    }
    if (Array.isArray(value)) {
      const safe = value.map((member) => this.#deep(member, withCuts));
      return safe.every((member, index) => member === value[index]) ? value : safe;
    }
    if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      const members = Object.entries(value);
      const safe = members.map(([key, member]) =>
        this.#isOurWord(key, member)
          ? ([key, member] as const)
          : ([this.#redacted(key, withCuts), this.#member(key, member, withCuts)] as const),
      );
      const isSame = safe.every(
        ([key, member], index) => key === members[index]?.[0] && member === members[index]?.[1],
      );
      return isSame ? value : Object.fromEntries(safe);
    }
    return value;
  }

  /** A common word is the secret where its key says so. */
  #member(key: string, member: unknown, withCuts: boolean): unknown {
    const isSecret = typeof member === 'string' && this.#secrets.has(member);
    return isSecret && isExpected(`${key}:`) ? mask : this.#deep(member, withCuts);
  }

  #isOurWord(key: string, member: unknown): boolean {
    return (
      ourWords.has(key) &&
      typeof member === 'string' &&
      (!this.#secrets.has(member) || commonWords.has(member))
    );
  }
}
