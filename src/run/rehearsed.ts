import {changesBetween, entryDigests, runbookDigest} from '../engine/digests.ts';
import {hasOutageBegun} from '../engine/old-evidence.ts';
import {runbookWord} from '../inventory/names.ts';
import {shellWord} from '../model/hint.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {changedParams, versionsNow, versionsSince} from './changed-inputs.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';
import {readableProgress} from './past-runs.ts';
import type {RunParts} from './run-parts.ts';

/**
 * Throws when the inventory demands that this very runbook was rehearsed here, forward and back, and it was not. A run
 * that began goes on with its own runbook; with another one only once it is in its outage, which it is to end.
 */
export function refuseUnrehearsed({
  session,
  approver,
  earlier,
}: Omit<RunParts<never>, 'onBegin'>): void {
  const {host, opened} = session;
  const {runbook, inventory, file} = opened;
  const isAccepted = earlier && !isChangedBefore(earlier.progress, runbook);
  if (!inventory.requireRehearsal || approver.rehearsal || isAccepted) {
    return;
  }
  const {last, same, forward, back} = rehearsalsOf(host, runbook);
  if (forward && back) {
    return;
  }
  const changes = last && same.length === 0 ? changesSince(last, opened) : [];
  const about = {name: runbook.head.name, inventory: inventory.name, last, changes, forward, back};
  throw new SwitcharooError(notRehearsed(about, shellWord(runbookWord(file))));
}

/** For the plan of a run whose inventory demands rehearsals: which ones count, and what was different in them. */
export function rehearsalRemarks(
  host: Pick<Host, 'state'>,
  opened: OpenedWorld,
): readonly string[] {
  const {runbook, inventory} = opened;
  const {forward, back} = rehearsalsOf(host, runbook);
  if (!inventory.requireRehearsal || !forward || !back) {
    return [];
  }
  const differences = [...new Set([forward, back])].flatMap((rehearsal) => {
    const inputs = inputsSince(rehearsal, opened);
    return inputs.length > 0
      ? [` In ${rehearsal.run.run} these were different: ${inputs.join('; ')}.`]
      : [];
  });
  return [
    `This very runbook went forward in the rehearsal ${forward.run.run}, and was reversed in ${back.run.run}.${differences.join('')}`,
  ];
}

/** What is different from a rehearsal of another runbook: the runbook first. */
function changesSince(last: Progress, opened: OpenedWorld): readonly string[] {
  const entries = changesBetween(last.run.runbook.entries, entryDigests(opened.runbook));
  const runbook =
    entries.length > 0 ? entries : ['the checkpoints or the point of no return changed'];
  return [...runbook, ...inputsSince(last, opened)];
}

/** What a rehearsal was given besides its runbook, and is different now: in words. */
function inputsSince({run}: Progress, {world}: OpenedWorld): readonly string[] {
  const params = changedParams(run.params, JSON.parse(JSON.stringify(world.params ?? null)));
  return [
    ...(params.length > 0 ? [`the parameters ${params.join(', ')}`] : []),
    ...versionsSince(run.versions, versionsNow()),
  ];
}

/** A runbook that was changed after its run began, and before its outage. */
function isChangedBefore(progress: Progress, runbook: AnyRunbook): boolean {
  const {digest, outage} = progress.run.runbook;
  // The entry that began it may have another name by now.
  const isClosed = outage?.from.some((id) => progress.entries.get(id)?.applied) ?? false;
  return digest !== runbookDigest(runbook) && !isClosed && !hasOutageBegun(runbook, progress);
}

/** What was rehearsed here of this very runbook: forward to its end, and back to its start. */
export function rehearsalsOf(host: Pick<Host, 'state'>, runbook: AnyRunbook) {
  const digest = runbookDigest(runbook);
  const all = host.state.runs().flatMap((name) => {
    const progress = readableProgress(host, name);
    const isAlike = progress?.run.rehearsal && progress.run.runbook.name === runbook.head.name;
    return progress && isAlike ? [progress] : [];
  });
  const same = all.filter(({run}) => run.runbook.digest === digest);
  const forward = same.find(({outcome}) => outcome === 'done');
  return {last: all[0], same, forward, back: same.find(isWhollyReversed)};
}

const isWhollyReversed = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'reversed' && checkpoints.length === 0;

interface Rehearsals {
  readonly name: string;
  readonly inventory: string;
  readonly last: Progress | undefined;
  readonly changes: readonly string[];
  readonly forward: Progress | undefined;
  readonly back: Progress | undefined;
}

function notRehearsed({name, inventory, ...rehearsals}: Rehearsals, word: string): Problem {
  return {
    code: 'not-rehearsed',
    message: `${inventory} demands that this very ${name} was rehearsed, forward and back. ${whyNot(rehearsals)}`,
    hint: rehearsals.forward
      ? {
          text: 'Rehearse the reversal, from the last entry before the point of no return, with',
          command: `rehearse ${word} --reverse-at ENTRY`,
        }
      : {text: 'Rehearse it with', command: `rehearse ${word}`},
  };
}

function whyNot({last, changes, forward, back}: Omit<Rehearsals, 'name' | 'inventory'>): string {
  if (!last) {
    return 'No rehearsal of it is recorded in this state folder.';
  }
  if (changes.length > 0) {
    return `Since the last rehearsal (${last.run.run}): ${changes.join('; ')}.`;
  }
  if (forward) {
    return `It went forward in ${forward.run.run}, and no rehearsal of it was reversed to the start.`;
  }
  return back
    ? `It was reversed in ${back.run.run}, and no rehearsal of it went forward to its end.`
    : `The last rehearsal (${last.run.run}) did not come to its end.`;
}
