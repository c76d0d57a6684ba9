/** A part of a dump: the definition of an object, or the rows of a table. */
interface DumpPart {
  /** The line of the dump with which it starts. */
  readonly line: number;
  /** "procedure shop.close_day", "the rows of shop.orders". */
  readonly name: string;
  readonly hasRows: boolean;
}

/** Which object a line of a dump belongs to, read from how mysqldump and mariadb-dump start each of their parts. */
export class DumpParts {
  readonly #mostParts: number;
  #line = 0;
  #schema = '';
  #parts: DumpPart[] = [];
  /** Where the settings for the next routine, trigger or event start: they come before its name. */
  #settingsAt: number | null = null;

  /** A load is never farther behind than what fits into a pipe: it needs no more parts than these. */
  constructor(mostParts = 5_000) {
    this.#mostParts = mostParts;
  }

  /** Reads the start of the next line. */
  read(head: string): void {
    this.#line += 1;
    const [, schema] = /^-- Current Database: `(.+)`/.exec(head) ?? [];
    if (schema !== undefined) {
      this.#schema = schema;
      this.#add(`schema ${schema}`, false);
      return;
    }
    if (head.startsWith('/*!50003 SET @saved_')) {
      this.#settingsAt ??= this.#line;
      return;
    }
    const [, section, table] = sections.exec(head) ?? [];
    if (section !== undefined && table !== undefined) {
      const name = `${this.#schema}.${table}`;
      this.#settingsAt = null;
      this.#add(namesOf(section, name), section === 'Dumping data');
      return;
    }
    const [, what = '', name] = createsObject.exec(head) ?? [];
    if (name !== undefined) {
      this.#add(`${what.toLowerCase()} ${this.#qualified(name)}`, false, this.#settingsAt);
      this.#settingsAt = null;
    }
  }

  /** The part with this line; `null` before the first one. */
  at(line: number): Pick<DumpPart, 'name' | 'hasRows'> | null {
    return this.#parts.findLast((part) => part.line <= line) ?? null;
  }

  #add(name: string, hasRows: boolean, line: number | null = this.#line): void {
    this.#parts.push({line: line ?? this.#line, name, hasRows});
    if (this.#parts.length > 2 * this.#mostParts) {
      this.#parts = this.#parts.slice(-this.#mostParts);
    }
  }

  #qualified(name: string): string {
    const plain = name.replaceAll(/[`"]/g, '');
    return plain.includes('.') ? plain : `${this.#schema}.${plain}`;
  }
}

const sections =
  /^-- (Table structure|Sequence structure|Dumping data|Temporary (?:table|view) structure|Final view structure) for (?:(?:table|view|sequence):? )?`(.+)`/;

const namesOf = (section: string, name: string): string =>
  section === 'Dumping data'
    ? `the rows of ${name}`
    : `${/view|Temporary/.test(section) ? 'view' : section.startsWith('Seq') ? 'sequence' : 'table'} ${name}`;

// `/*!50003 CREATE*/ /*!50020 DEFINER=…*/ /*!50003 FUNCTION `f`(…`, or without comments.
const createsObject =
  /^(?:\/\*!\d+ )?CREATE\b.*?\b(PROCEDURE|FUNCTION|TRIGGER|EVENT|PACKAGE(?: BODY)?) (?:IF NOT EXISTS )?((?:`[^`]+`|"[^"]+"|[\w$]+)(?:\.(?:`[^`]+`|"[^"]+"|[\w$]+))?)/i;
