import type {Act} from '../model/in-flight.ts';
import type {Problem} from '../model/problem.ts';
import {type NamedRun, placeOf, sharedWords} from '../model/take-over-words.ts';

export const journalUnwritable = (path: string, cause: string): Problem => ({
  code: 'journal-unwritable',
  message: `${path} cannot be written: ${cause}.`,
  hint: {
    text: 'No further target is changed. Free some space or fix the disk, then continue with',
    command: 'resume',
  },
});

interface FullDisk {
  readonly path: string;
  /** The folder of all runs. */
  readonly folder: string;
  readonly mount: string;
  readonly reason: string;
  readonly neededBytes: number;
}

export const diskFull = ({path, folder, mount, reason, neededBytes}: FullDisk): Problem => ({
  code: 'disk-full',
  message: `${path} cannot be written: ${reason}.`,
  hint: {
    text: `Make room: ${Math.ceil(neededBytes / 1024)} KB on ${mount}, the file system of ${folder}. No further target is changed. Then continue with`,
    command: 'resume',
  },
});

/** Found before the command wrote anything: there may be no run yet to resume. */
export const diskTooSmall = (about: FullDisk): Problem => ({
  ...diskFull(about),
  hint: `Make room: ${Math.ceil(about.neededBytes / 1024)} KB on ${about.mount}, the file system of ${about.folder}. Then repeat the command.`,
});

export const diskReadOnly = (path: string, mount: string): Problem => ({
  code: 'disk-read-only',
  message: `${path} cannot be written: the file system ${mount} is read-only.`,
  hint: {
    text: `Check dmesg for disk errors, and remount it (mount -o remount,rw ${mount}). No further target is changed. Then continue with`,
    command: 'resume',
  },
});

export const secretInJournal = (what: string, entry: string | null): Problem => ({
  code: 'secret-in-journal',
  message: `${whatOf[what] ?? what}${entry === null ? '' : ` of ${entry}`} would put the text of a secret into the journal.`,
  hint: 'If the secret is a common word, change the secret. Otherwise leave it out of the step or the parameter.',
});

const whatOf: Readonly<Record<string, string>> = {
  params: 'The parameters',
  before: 'The before-image',
  output: 'The output',
};

export const journalEntryMalformed = (kind: string): Problem => ({
  code: 'journal-entry-malformed',
  message: `An entry of kind ${kind} is incomplete, could not be read back, and was not written.`,
  hint: 'A step returned something other than its types say: "tsc --noEmit" shows where.',
});

export const journalUnreadable = (path: string, cause: string): Problem => ({
  code: 'journal-unreadable',
  message: `${path} cannot be read: ${cause}.`,
  hint: 'Fix its permissions or its disk, or restore it from a copy. No target was changed.',
});

export const journalDamaged = (path: string, line: number, what: string): Problem => ({
  code: 'journal-damaged',
  message: `Line ${line} of ${path} ${what}.`,
  hint: 'Nothing was rewritten. Restore the file from a copy, and compare its head with the one printed earlier. Without a copy, undo by hand what "log RUN" shows, and start the next run with --besides RUN.',
});

export const journalEmpty = (path: string): Problem => ({
  code: 'journal-empty',
  message: `${path} has no entries: its run ended before it started.`,
  hint: {text: 'It changed nothing. Start again with', command: 'run'},
});

export const unknownRun = (run: string, stateFolder: string): Problem => ({
  code: 'unknown-run',
  message: `There is no run ${run} in ${stateFolder}.`,
  hint: {text: 'List the runs with', command: 'runs'},
});

export const noRuns = (stateFolder: string, which: string): Problem => ({
  code: 'unknown-run',
  message: `There is no ${which} in ${stateFolder}.`,
  hint: {
    text: 'Name another folder with --state-dir, or start a run with',
    command: 'run RUNBOOK -i INVENTORY',
  },
});

export const lockHeld = (
  scope: string,
  holder: string,
  sinceUtc: string,
  run: string,
): Problem => ({
  code: 'lock-held',
  message: `${scope} has been held by ${holder} since ${sinceUtc}, for run ${run}.`,
  hint: {
    text: `Wait for that process or stop it. If nobody can reach it, take over with`,
    command: `unlock ${run}`,
  },
});

export const lockUnreadable = (path: string): Problem => ({
  code: 'lock-unreadable',
  message: `${path} is a lock that does not name its holder: it is damaged, or something else wrote it.`,
  hint: {
    text: 'Remove the file if no run has that name. If nobody works on the run, take it over with',
    command: 'unlock RUN',
  },
});

export const lockHolderAlive = (holder: string, cause: string): Problem => ({
  code: 'lock-holder-alive',
  message: `The lock was taken from ${holder}, but its process cannot be ended: ${cause}.`,
  hint: 'It stops at its next journal entry. End it as its own user or as root, and check that it is gone before you continue.',
});

export const lockLost = (scope: string, holder: string): Problem => ({
  code: 'lock-lost',
  message: `${scope} is held by ${holder} now; this process lost it and has stopped.`,
  hint: 'Leave the run to the new holder.',
});

export const lockGone = (path: string): Problem => ({
  code: 'lock-lost',
  message: `${path} was removed; this process lost the lock and has stopped.`,
  hint: {text: 'Check that nobody else works on the run, then continue with', command: 'resume'},
});

/** Whether it was lost nobody can tell: a disk that answers nothing takes no lock away. */
export const lockUncertain = (scope: string, path: string): Problem => ({
  code: 'lock-unreadable',
  message: `${path} cannot be read: this process cannot tell whether it still holds ${scope}, and has stopped.`,
  hint: {
    text: 'Fix the disk or the permissions, check that nobody else works on the run, then continue with',
    command: 'resume',
  },
});

export const lockNotHeld = (scope: string): Problem => ({
  code: 'lock-not-held',
  message: `Nobody holds ${scope}.`,
  hint: {text: 'There is nothing to unlock. Continue with', command: 'resume'},
});

export const stateFolderUnusable = (path: string, cause: string): Problem => ({
  code: 'state-folder-unusable',
  message: `${path} cannot hold the journals: ${cause}.`,
  hint: 'Fix its permissions. A new run may use another folder (--state-dir); a run that has started needs the folder that holds its journal. No target was changed.',
});

/** Somebody else added the entry that was due here. */
export const sharedLogLost = (
  run: NamedRun,
  place: string,
  seq: number,
  taker?: string,
): Problem => ({
  code: 'lock-lost',
  message: `${taker === undefined ? `Somebody else continued ${run.run}` : `${taker} took ${run.run} over`}: entry ${seq} in ${place} is from another process. This process lost the run and has stopped.`,
  hint: {
    text: 'Leave the run to the new holder. Show its state with',
    command: `status ${run.run} --shared ${sharedWords(run)}`,
  },
});

/** What it did last is only in the journal here. */
export const sharedLogLostAlone = (
  run: NamedRun,
  place: string,
  seq: number,
  taker?: string,
): Problem => ({
  code: 'lock-lost',
  message: `${taker === undefined ? `Somebody else continued ${run.run}` : `${taker} took ${run.run} over`}: entry ${seq} in ${place} is from another process. This process lost the run and has stopped. Its last actions are not in the store: a reversal on another host would not undo them.`,
  hint: {
    text: 'Tell the other operator not to continue the run. If nobody has continued it yet, this adds these actions to the store',
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});

export const runContinuedElsewhere = (run: NamedRun, place: string): Problem => ({
  code: 'run-continued-elsewhere',
  message: `The journal of ${run.run} here differs from the one in ${place}: the run was continued on another host.`,
  hint: {
    text: 'The journal here can only be read. Leave the run to the operator who continued it, or take it over with',
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});

/** What this host did last is only in the journal here, and nobody has acted elsewhere since. */
export const runTakenElsewhere = (run: NamedRun, place: string): Problem => ({
  code: 'run-continued-elsewhere',
  message: `The journal of ${run.run} here differs from the one in ${place}: the run was taken over on another host. The last actions of this host are not in the store: a reversal on the other host would not undo them.`,
  hint: {
    text: 'Tell the other operator not to continue the run. Then add these actions to the store with',
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});

/** And somebody has acted elsewhere since. */
export const runDivided = (run: NamedRun, place: string, acts: readonly Act[]): Problem => ({
  code: 'run-continued-elsewhere',
  message: `The journal of ${run.run} here differs from the one in ${place}: the run was continued on another host, which does not know what this host did: ${acts.map(({does, target}) => `"${does}" on ${target}`).join(', ') || 'it passed the point of no return'}.`,
  hint: {
    text: 'Tell the other operator before they go on: a reversal there would not undo these actions. Show the state of the run with',
    command: `status ${run.run} --shared ${sharedWords(run)}`,
  },
});

export const storeAway = (run: string, place: string, why: string): Problem => ({
  code: 'store-unreachable',
  message: `The shared journal in ${place} cannot be reached: ${why.replace(/\.$/, '')}.`,
  hint: `Wait until the store answers, or continue without it: then no other host sees what happens. In the menu, choose "go on alone"; if the run is paused, use "resume ${run} --alone" or "reverse ${run} --alone".`,
});

export const storeOverwrites = (place: string): Problem => ({
  code: 'store-overwrites',
  message: `${place} overwrote an object that was already there: it ignores the condition If-None-Match.`,
  hint: 'Two hosts could continue the same run at the same time. Use a bucket of Amazon S3, or of a store that honours the condition. Some stores, such as Ceph 16, honour it only in a bucket without versions and Object Lock.',
});
