/** What a file of supervisord declares. */
export interface Declared {
  /** Its groups, and its programs that are in none of them. */
  readonly declares: readonly string[];
  /** Sections that are no programs: the settings of supervisord and supervisorctl themselves. */
  readonly settings: readonly string[];
  /** How long its processes may take to stop all together, and to start one after the other. */
  readonly stopSeconds: number;
  readonly startSeconds: number;
}

interface Section {
  readonly kind: string;
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

const programKinds = ['program', 'fcgi-program', 'eventlistener'];

export function declaredIn(text: string): Declared {
  const sections = sectionsIn(text);
  const groups = sections.filter(({kind}) => kind === 'group');
  const grouped = groups.flatMap(({options}) =>
    (options.get('programs') ?? '').split(',').map((name) => name.trim()),
  );
  const programs = sections.filter(({kind}) => programKinds.includes(kind));
  const alone = programs.filter(({name}) => !grouped.includes(name));
  return {
    declares: [...groups, ...alone].map(({name}) => name),
    settings: sections
      .filter(({kind}) => kind !== 'group' && !programKinds.includes(kind))
      .map(({kind, name}) => (name === '' ? kind : `${kind}:${name}`)),
    stopSeconds: Math.max(0, ...programs.map((each) => secondsIn(each, 'stopwaitsecs', 10))),
    startSeconds: programs.reduce((sum, each) => sum + startSecondsOf(each), 0),
  };
}

/** Each try takes `startsecs`, and the pause before the next one is a second longer each time. */
function startSecondsOf(program: Section): number {
  const retries = secondsIn(program, 'startretries', 3);
  const once = secondsIn(program, 'startsecs', 1) * (retries + 1) + (retries * (retries + 1)) / 2;
  return once * secondsIn(program, 'numprocs', 1);
}

/** What supervisord takes from its environment is not known here: it may be long. */
function secondsIn({options}: Section, name: string, byDefault: number): number {
  const text = options.get(name);
  return text === undefined ? byDefault : /^\d+$/.test(text) ? Number(text) : 3_600;
}

/** As Python's configparser reads it: a line that begins with a blank goes on with the option before it. */
function sectionsIn(text: string): readonly Section[] {
  const sections: (Section & {options: Map<string, string>})[] = [];
  let option = '';
  for (const line of text.split(/\r?\n/).map((each) => each.replace(/(^|\s)[;#].*$/, ''))) {
    const [, header] = /^\[([^\]]+)\]/.exec(line) ?? [];
    const [, name, value = ''] = /^([^\s:=][^:=]*?)\s*[:=]\s*(.*)$/.exec(line) ?? [];
    const section = sections.at(-1);
    if (header !== undefined) {
      const [kind = '', ...names] = header.split(':');
      sections.push({kind: kind.trim(), name: names.join(':').trim(), options: new Map()});
      option = '';
    } else if (/^\s+\S/.test(line) && option !== '') {
      section?.options.set(option, `${section.options.get(option) ?? ''}\n${line.trim()}`);
    } else if (name !== undefined) {
      option = name.toLowerCase();
      section?.options.set(option, value.trim());
    }
  }
  return sections;
}
