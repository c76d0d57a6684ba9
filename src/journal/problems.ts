import type {Problem} from '../model/problem.ts';

export const journalUnwritable = (path: string, cause: string): Problem => ({
  code: 'journal-unwritable',
  message: `${path} does not take another entry: ${cause}.`,
  hint: 'Nothing more is done to any target. Make room (or mend the disk), then: switcharoo resume',
});

export const secretInJournal = (what: string, entry: string | null): Problem => ({
  code: 'secret-in-journal',
  message: `${whatOf[what] ?? what}${entry === null ? '' : ` of ${entry}`} would bring the text of a secret into the journal, where none may be.`,
  hint: 'If that secret is a common word, a part of a unit or of a file name, say, change it to one that is not; else the step, or the parameter, must leave it out.',
});

const whatOf: Readonly<Record<string, string>> = {
  params: 'The parameters',
  before: 'The before-image',
  output: 'The output',
};

export const journalEntryMalformed = (kind: string): Problem => ({
  code: 'journal-entry-malformed',
  message: `An entry of the kind ${kind} is not whole, so it could never be read back, and was not written.`,
  hint: 'A step gave something else than its types say: "tsc --noEmit" shows where.',
});

export const journalUnreadable = (path: string, cause: string): Problem => ({
  code: 'journal-unreadable',
  message: `${path} cannot be read: ${cause}.`,
  hint: 'Mend its permissions or its disk, or restore it from a copy. Nothing was done to any target.',
});

export const journalDamaged = (path: string, line: number, what: string): Problem => ({
  code: 'journal-damaged',
  message: `Line ${line} of ${path} ${what}.`,
  hint: 'Nothing was rewritten. Compare the head with the one printed earlier, and restore the file from a copy.',
});

export const journalEmpty = (path: string): Problem => ({
  code: 'journal-empty',
  message: `${path} holds no entry: its run ended before it had begun.`,
  hint: 'Nothing was changed by it. Start again with: switcharoo run',
});

export const unknownRun = (run: string, stateFolder: string): Problem => ({
  code: 'unknown-run',
  message: `There is no run ${run} in ${stateFolder}.`,
  hint: 'List the runs with: switcharoo runs',
});

export const noRuns = (stateFolder: string, which: string): Problem => ({
  code: 'unknown-run',
  message: `There is no ${which} in ${stateFolder}.`,
  hint: 'Start one with: switcharoo run RUNBOOK -i INVENTORY, or name another folder with --state-dir.',
});

export const lockHeld = (
  scope: string,
  holder: string,
  sinceUtc: string,
  run: string,
): Problem => ({
  code: 'lock-held',
  message: `${scope} has been held by ${holder} since ${sinceUtc}, for run ${run}.`,
  hint: `Let that process finish or stop it. If it cannot be reached, take over with: switcharoo unlock ${run}`,
});

export const lockUnreadable = (path: string): Problem => ({
  code: 'lock-unreadable',
  message: `${path} is a lock, and does not tell who holds it: it was damaged, or something else wrote it.`,
  hint: 'If nobody is at work, take it over by the name of its run with: switcharoo unlock RUN (switcharoo runs lists them), or remove the file when it has none.',
});

export const lockHolderAlive = (holder: string, cause: string): Problem => ({
  code: 'lock-holder-alive',
  message: `The lock was taken from ${holder}, whose process cannot be ended: ${cause}.`,
  hint: 'It refuses to act from its next entry on. End it (its own user or root can), and see that it is gone, before going on.',
});

export const lockLost = (scope: string, holder: string): Problem => ({
  code: 'lock-lost',
  message: `${scope} is held by ${holder} now; this process has been overtaken and acts no more.`,
  hint: 'Leave the run to whoever took it over.',
});

export const lockGone = (path: string): Problem => ({
  code: 'lock-lost',
  message: `${path} is gone: somebody removed it, and this process acts no more.`,
  hint: 'See that nobody else is at work, then: switcharoo resume',
});

export const lockNotHeld = (scope: string): Problem => ({
  code: 'lock-not-held',
  message: `Nobody holds ${scope}.`,
  hint: 'There is nothing to unlock. Go on with: switcharoo resume',
});

export const stateFolderUnusable = (path: string, cause: string): Problem => ({
  code: 'state-folder-unusable',
  message: `${path} cannot hold the journals: ${cause}.`,
  hint: 'Name another folder with --state-dir, or mend its permissions. Nothing was done to any target.',
});
