/** One safeguard taken out of the sources. */
export interface Mutant {
  readonly without: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

const journal = 'src/journal/file-journal.ts';
const lock = 'src/journal/lock.ts';
const lockChain = 'src/journal/lock-chain.ts';
const perform = 'src/engine/perform.ts';
const intent =
  "  context.record.add({kind: 'action-intended', ...words, ...limitUntil(deadline, context), ...rest});\n";
const runEntry = 'src/engine/run-entry.ts';
const reverse = 'src/engine/reverse.ts';

/** Every sync, every check before an append, and every order of intent and effect. */
export const mutants: readonly Mutant[] = [
  {
    without: 'the sync of a line of the journal',
    file: journal,
    from: '    this.#disk.sync(this.#fd);\n    return usesReserve;',
    to: '    return usesReserve;',
  },
  {
    without: "the sync of the run's folder",
    file: journal,
    from: '    disk.syncFolder(run);\n',
    to: '',
  },
  {
    without: 'the sync of the state folder',
    file: journal,
    from: '    disk.syncFolder(dirname(run));\n',
    to: '',
  },
  {
    without: 'the sync of the folders above it',
    file: journal,
    from: '    syncAbove(disk, dirname(run));\n',
    to: '',
  },
  {without: "the sync of the lock's file", file: lockChain, from: '    disk.sync(fd);\n', to: ''},
  {
    without: 'asking for the lock before an append',
    file: journal,
    from: '    this.#around.lock.assertHeld();\n    const entry',
    to: '    const entry',
  },
  {
    without: 'asking for the lock before a torn line is cut',
    file: journal,
    from: '  around.lock.assertHeld();\n  const fd',
    to: '  const fd',
  },
  {
    without: 'looking for whoever took the lock over',
    file: lock,
    from: '!this.#isBaseAsSeen() || this.#place.disk.exists(this.#successor)',
    to: '!this.#isBaseAsSeen()',
  },
  {
    without: 'looking whether the lock is still there',
    file: lock,
    from: '!this.#isBaseAsSeen() || this.#place.disk.exists(this.#successor)',
    to: 'this.#place.disk.exists(this.#successor)',
  },
  {
    without: 'looking whether the journal is still the same file',
    file: journal,
    from: 'if (inode !== this.#inode)',
    to: 'if (inode === -1n)',
  },
  {
    without: 'looking whether somebody else wrote to the journal',
    file: journal,
    from: 'if (size !== this.#bytes)',
    to: 'if (size === -1)',
  },
  {
    without: 'noticing that a full disk took a part of a line',
    file: journal,
    from: '      if (taken === bytes.length) {',
    to: '      if (taken >= 0) {',
  },
  {
    without: 'remembering that a write or a sync failed',
    file: journal,
    from: '      this.#broken = error as SwitcharooError; // #append throws nothing else\n',
    to: '',
  },
  {
    without: 'cutting off a torn line',
    file: journal,
    from: '  if (chain.tornBytes > 0) {',
    to: '  if (chain.tornBytes < 0) {',
  },
  {
    without: 'the intent before the effect',
    file: perform,
    from: intent,
    to: '',
  },
  {
    without: 'the effect before its result',
    file: perform,
    from: intent,
    to: `${intent}  context.record.add({kind: 'action-performed', ...words});\n`,
  },
  {
    without: 'the before-image ahead of the first action',
    file: runEntry,
    from: '    before: verdict.before as never,\n',
    to: '    before: null as never,\n',
  },
  {
    without: 'the first before-image after a crash',
    file: runEntry,
    from: '  if (progress?.before !== undefined && progress.applied) {',
    to: '  if (progress?.before === null && progress.applied) {',
  },
  {
    without: 'the look after the actions',
    file: runEntry,
    from: "    case 'performed':\n      return 'acted';",
    to: "    case 'performed':\n      return done(context, entry, {});",
  },
  {
    without: 'the word that an entry is being reversed',
    file: reverse,
    from: "  record.add({kind: 'entry-reversing', entry: entry.id});\n",
    to: '',
  },
  {
    without: 'the look after a reversal',
    file: reverse,
    from: '  return notBack && (failure ?? notBack);',
    to: '  return failure ?? (notBack && undefined);',
  },
  {
    without: 'putting back at once what must not stay half-way',
    file: 'src/engine/run.ts',
    from: '    !entry.unit.undoWhenFailed\n',
    to: '    entry.unit.undoWhenFailed !== null\n',
  },
  {
    without: 'the wait of a take-over for what is in flight',
    file: 'src/run/take-over-run.ts',
    from: '    if (leftMs <= 0) {',
    to: '    if (leftMs <= Number.MAX_SAFE_INTEGER) {',
  },
];
