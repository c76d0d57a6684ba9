const shortest = 4;
const shortestLine = 8;
/** Members whose values come out of the program itself. */
const ourWords = new Set(['kind', 'code', 'outlook', 'evidence', 'unitKind', 'way', 'about']);

/** Takes secrets out of whatever leaves the process, in every form in which they are likely to appear. */
export class Redactor {
  readonly #forms = new Set<string>();
  #longestFirst: readonly string[] = [];

  /** A secret of fewer than 4 characters is not looked for: it would be found everywhere. */
  add(secret: string): void {
    if (secret.length < shortest) {
      return;
    }
    for (const form of formsOf(secret)) {
      this.#forms.add(form);
    }
    this.#longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    return this.#longestFirst.reduce(
      (masked, form) => (masked.includes(form) ? masked.replaceAll(form, '[redacted]') : masked),
      text,
    );
  }

  /**
   * The same value with every string in it redacted, keys included. A word by which the program decides ("blocked")
   * may hold
   * a short secret by chance, and then stays as it is: only where it is the secret itself, it goes. What holds no
   * secret is
   * given back itself, and not a copy.
   */
  value<Value>(value: Value): Value {
    // Every string is mapped to a string, and nothing else is touched: the shape stays.
    return this.#forms.size === 0 ? value : (this.#deep(value) as Value);
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') {
      return this.text(value);
    }
    if (Array.isArray(value)) {
      const safe = value.map((member) => this.#deep(member));
      return safe.every((member, index) => member === value[index]) ? value : safe;
    }
    if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      const members = Object.entries(value);
      const safe = members.map(([key, member]) =>
        this.#isOurWord(key, member)
          ? ([key, member] as const)
          : ([this.text(key), this.#deep(member)] as const),
      );
      const isSame = safe.every(
        ([key, member], index) => key === members[index]?.[0] && member === members[index]?.[1],
      );
      return isSame ? value : Object.fromEntries(safe);
    }
    return value;
  }

  #isOurWord(key: string, member: unknown): boolean {
    return ourWords.has(key) && typeof member === 'string' && !this.#forms.has(member);
  }
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortestLine);
  return [
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({s: secret}).toString().slice(2),
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    secret.replaceAll("'", "'\\''"),
    secret.replaceAll("'", "''"),
    secret.replaceAll("'", "\\'"),
    // A key of many lines is often quoted a line at a time; and what ends with a line break, without it.
    ...lines,
  ].filter((form) => form.length >= shortest);
}
