import {type AlsoWritten, notCarriedBack} from '../model/also-written.ts';
import {opensByPerson} from '../model/approve.ts';
import {durationText} from '../model/duration.ts';
import type {Entry, Item} from '../model/entry.ts';
import type {PersonNeeded} from '../model/person.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {TargetKinds} from '../model/target.ts';

interface Described {
  readonly runbook: AnyRunbook;
  /** What each confirmation shows with its question, by its id. */
  readonly shown: ReadonlyMap<string, readonly string[]>;
  /** Who does an entry by hand, or answers it, by its id. */
  readonly people: ReadonlyMap<string, PersonNeeded>;
  readonly alsoWritten: readonly AlsoWritten[];
}

/** A runbook for those who read and approve it, in Markdown. */
export function documentText(described: Described): string {
  const {head, items, entries} = described.runbook;
  return [
    `# ${head.name}`,
    head.summary,
    bullets(factsOf(described)),
    '## Systems',
    table(['target', 'kind', 'changed by', 'read by'], systemsOf(head.targets, entries)),
    '## Questions',
    'The run asks the operator these questions, and one more at a point of no return. "No" pauses the run and reverses nothing.',
    table(['entry', 'question'], questionsOf(described)),
    ...peopleOf(described),
    ...phasesOf(items),
    '## What the operator may never skip',
    table(['entries', 'because'], neverSkipped(entries)),
  ].join('\n\n');
}

function factsOf({runbook, alsoWritten}: Described): readonly string[] {
  const {head, items, entries} = runbook;
  const steps = entries.filter(({unit}) => unit.kind !== 'gate').length;
  const checkpoints = items.filter((item) => item.kind === 'checkpoint').map(({name}) => name);
  const last = items.find((item) => item.kind === 'point-of-no-return');
  return [
    `${entries.length} entries: ${steps} change something, ${entries.length - steps} wait, check or ask.`,
    checkpoints.length > 0
      ? `Checkpoints, at which a run can stop and to which it can be reversed: ${codes(checkpoints)}.`
      : 'It has no checkpoints, so it can only be reversed to its start.',
    last
      ? `Point of no return: ${last.because}`
      : 'It has no point of no return: every entry can be reversed.',
    ...outageFacts(head.outage),
    ...alsoWritten.map(notCarriedBack),
  ];
}

function outageFacts(outage: AnyRunbook['head']['outage']): readonly string[] {
  if (outage === undefined) {
    return ['It declares no outage.'];
  }
  const {from, until, longestMs} = outage;
  return [
    `Outage: nobody can write from the first of ${codes(from)} until all of ${codes(until)} are done.`,
    longestMs === undefined
      ? 'The outage has no limit of its own: set one with `--max-outage`.'
      : `Longest outage: ${durationText(longestMs)}. After that, the run reverses to before the outage by itself, or asks a person to decide.`,
  ];
}

function systemsOf(targets: TargetKinds, entries: readonly Entry[]): Rows {
  const using = (name: string, changes: boolean) =>
    codes(
      entries
        .filter(({on}) => Object.values(on).includes(name))
        .filter(({unit}) => (unit.kind !== 'gate') === changes)
        .map(({id}) => id),
    );
  return Object.entries(targets).map(([name, {kind}]) => [
    `\`${name}\``,
    kind,
    using(name, true),
    using(name, false),
  ]);
}

const questionsOf = ({runbook, shown}: Described): Rows =>
  runbook.entries
    .filter(({unit}) => opensByPerson(unit.name))
    .map(({id, summary, unit}) => [
      `\`${id}\``,
      [`**${summary ?? unit.summary}**`, ...(shown.get(id) ?? [])].map(cell).join('<br>'),
    ]);

/** Nothing where the operator alone is needed. */
function peopleOf({runbook, people}: Described): readonly string[] {
  const needed = runbook.entries.filter(({unit}) => unit.person !== undefined);
  const numbered = (lines: readonly string[]) =>
    lines.map((line, index) => `${index + 1}. ${cell(line)}`).join('<br>');
  const rows = needed.map(({id, unit}) => {
    const person = people.get(id);
    return person
      ? [
          `\`${id}\``,
          `**${cell(person.owner)}**<br>${cell(person.reach)}`,
          numbered(person.todo),
          numbered(person.undo),
          durationText(person.takesMs),
        ]
      : [
          `\`${id}\``,
          'The parameters name this person: add `-i INVENTORY`.',
          cell(unit.summary),
          '',
          '',
        ];
  });
  return rows.length === 0
    ? []
    : [
        '## Who is needed',
        'People besides the operator who do something by hand, or must confirm something.',
        table(['entry', 'who', 'what to do', 'how to undo it', 'expected time'], rows),
      ];
}

function phasesOf(items: readonly Item[]): readonly string[] {
  const phases = [...new Set(items.map(({phase}) => phase))];
  return phases.flatMap((phase) => [
    `## Phase: ${phase}`,
    table(
      ['entry', 'what it does', 'how it is reversed', 'time limit'],
      items.filter((item) => item.phase === phase).map(rowOf),
    ),
  ]);
}

function rowOf(item: Item): readonly string[] {
  switch (item.kind) {
    case 'entry':
      return [
        `\`${item.id}\``,
        [cell(item.summary ?? item.unit.summary), ...notesOf(item)].join('<br>'),
        cell(undoOf(item)),
        durationText(item.timeoutMs),
      ];
    case 'checkpoint':
      return [`**${cell(item.name)}**`, '**Checkpoint.**', '', ''];
    case 'point-of-no-return':
      return ['', `**Point of no return.** ${cell(item.because)}`, '', ''];
  }
}

function notesOf({on, group, after, requires, freshForMs}: Entry): readonly string[] {
  const targets = [...new Set(Object.values(on))];
  const earlier = [...new Set([...after, ...requires])];
  return [
    ...(targets.length > 0 ? [`On ${codes(targets)}.`] : []),
    ...(group === undefined ? [] : [`At the same time as the other entries of "${cell(group)}".`]),
    ...(earlier.length > 0 ? [`Only after ${codes(earlier)}.`] : []),
    ...(freshForMs === undefined
      ? []
      : [
          `Its result is valid for ${durationText(freshForMs)}; after that, this entry is checked again.`,
        ]),
  ];
}

function undoOf({unit}: Entry): string {
  switch (unit.kind) {
    case 'step':
      return unit.reverses;
    case 'one-way':
      return `It cannot be reversed. ${unit.oneWayBecause}`;
    case 'gate':
      return 'Nothing to reverse.';
  }
}

function neverSkipped(entries: readonly Entry[]): Rows {
  const guarded = entries.filter(({neverSkip}) => neverSkip !== undefined);
  const reasons = [...new Set(guarded.map(({neverSkip}) => neverSkip as string))]; // filtered
  return reasons.map((reason) => [
    codes(guarded.filter(({neverSkip}) => neverSkip === reason).map(({id}) => id)),
    cell(reason),
  ]);
}

type Rows = readonly (readonly string[])[];

function table(columns: readonly string[], rows: Rows): string {
  const lines = [columns, columns.map(() => '---'), ...rows];
  return rows.length === 0 ? 'None.' : lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const codes = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
/** As the text of a cell: a bar would end it, and a line break the row. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
