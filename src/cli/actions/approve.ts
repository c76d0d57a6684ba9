import {durationText} from '../../model/duration.ts';
import {shellWord} from '../../model/hint.ts';
import {principalText} from '../../model/principal.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {flow, momentUtc} from '../../report/index.ts';
import {type AskedApproval, askedApprovalIn, giveWord} from '../../run/approve-run.ts';
import {operatorText} from '../../run/earlier-holder.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openStore} from '../../run/open-store.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {endsAtOnce, unlessStopped} from '../stopped.ts';

interface ApproveOptions {
  readonly inventory: string | undefined;
  readonly shared: string | undefined;
  readonly name: string | undefined;
  readonly withdraw: boolean;
}

/** Shows what an entry of a run asks, has the name of the run typed, and approves. */
export async function approveRun(
  app: App,
  {run: name, entry}: {readonly run: string; readonly entry: string},
  options: ApproveOptions,
): Promise<ExitCode> {
  const where = options.inventory ?? options.shared;
  if (where === undefined) {
    throw new SwitcharooError(storeNeeded(name, entry));
  }
  const signals = listenToSignals(app.say, endsAtOnce);
  const {stopping: signal} = signals;
  const about = {
    signal,
    run: `${entry} of ${name}`,
    done: options.withdraw ? 'withdrawn' : 'approved',
  };
  const again = againWords({run: name, entry}, options);
  try {
    return await unlessStopped({...about, again}, () =>
      approveIn(app, {run: name, entry, where}, options, signal),
    );
  } finally {
    signals.dispose();
  }
}

/** @throws ChangedError when it ended after the word may have been written. */
async function approveIn(
  app: App,
  {run: name, entry, where}: {readonly run: string; readonly entry: string; readonly where: string},
  options: ApproveOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const {store, close} = await openStore(app, where, signal);
  try {
    app.waiting(`Reading the shared journals in ${store.place}`);
    const asked = await askedApprovalIn(store, {run: name, entry}, signal);
    const {run} = asked.progress.run;
    if (!app.json) {
      app.print(summaryOf(app, asked));
    }
    const what = options.withdraw ? 'withdraw your approval' : 'approve';
    if ((options.name ?? (await askName(app, {run, what, signal}))) !== run) {
      throw new SwitcharooError(notConfirmed(run));
    }
    const word = options.withdraw ? 'withdrawn' : 'approved';
    const {user, host} = app.operator;
    const given = await giveWord(store, asked, {word, host: `${user}@${host}`}, signal);
    // What others did meanwhile counts, too.
    const after = await askedApprovalIn(store, {run, entry}, signal).catch((error: unknown) =>
      isNotAsked(error) ? undefined : asked,
    );
    const isPassed = after === undefined;
    printWord(app, after ?? asked, {word, isNew: given === 'given', isPassed, where});
    return exitCodes.done;
  } finally {
    await close();
  }
}

/** The words that repeat it, without the confirmation. */
const againWords = (
  {run, entry}: {readonly run: string; readonly entry: string},
  {inventory, shared, withdraw}: ApproveOptions,
): string =>
  [
    `approve ${shellWord(run)} ${shellWord(entry)}`,
    ...(inventory === undefined ? [] : [`-i ${shellWord(inventory)}`]),
    ...(shared === undefined ? [] : [`--shared ${shellWord(shared)}`]),
    ...(withdraw ? ['--withdraw'] : []),
  ].join(' ');

interface Word {
  readonly word: 'approved' | 'withdrawn';
  readonly isNew: boolean;
  /** The run asks for it no more. */
  readonly isPassed: boolean;
  readonly where: string;
}

/** It went on while the word was written. */
const isNotAsked = (error: unknown): boolean =>
  error instanceof SwitcharooError &&
  ['approval-not-asked', 'run-finished'].includes(error.problem.code);

function printWord(app: App, asked: AskedApproval, {word, isNew, isPassed, where}: Word): void {
  const {progress, entry, approval, survey, caller} = asked;
  const {run} = progress.run;
  const missing = isPassed ? 0 : Math.max(0, approval.of - survey.counted.length);
  const status = app.paste(`status ${run} --shared ${shellWord(where)}`);
  if (app.json) {
    printDocument(app, 'approved', {
      ...{run, entry, digest: approval.digest, group: approval.by, word, isNew},
      ...{principal: principalText(caller), of: approval.of, missing},
      next: [status],
    });
    return;
  }
  const again = {
    approved: 'You have already approved this, and your approval still counts.',
    withdrawn: 'You have no approval that counts.',
  };
  const first = {
    approved: `You approved ${entry} of ${run} as ${principalText(caller)}.`,
    withdrawn: `Your approval of ${entry} of ${run} no longer counts. If the run has just passed the entry, tell its operator.`,
  };
  app.say(isNew ? first[word] : again[word]);
  const needed = `${approval.of} approvals by ${approval.by}`;
  app.say(
    isPassed
      ? `${run} no longer asks for approval at ${entry}: it has passed it, or is being reversed.`
      : missing === 0
        ? `${entry} has ${approval.of} of ${needed}.`
        : `${entry} still needs ${missing} of ${needed}.`,
  );
  app.say(`Show the state of the run with: ${status}`);
}

/** All that an approver needs to know. */
function summaryOf(app: App, {progress, entry, approval, survey, ...asked}: AskedApproval): string {
  const {run, runbook, inventory} = progress.run;
  const at = runbook.entries.findIndex(({id}) => id === entry);
  const later = runbook.entries.slice(at + 1);
  const phases = [...new Set(later.map(({phase}) => phase))];
  const lines = [
    `${app.paint.bold(asked.question)}`,
    ...(asked.details.length > 0 ? [`As of ${momentUtc(new Date(asked.askedAtUtc))}:`] : []),
    ...asked.details,
    '',
    `${entry} of ${runbook.name} on ${inventory.name}${inventory.protected ? ' (PROTECTED)' : ''}, run ${run}`,
    `Digest ${approval.digest}: the approval counts for nothing else.`,
    `Run by ${operatorText(progress)}.`,
    `Before it: ${at} of ${runbook.entries.length} entries. After it: ${later.map(({id}) => id).join(', ') || 'nothing'}${phases.length > 0 ? ` (${phases.join(', ')})` : ''}.`,
    `Approvals needed: ${approval.of}, by ${approval.by}. Each counts for ${durationText(approval.validForMs)}.`,
    ...survey.counted.map(({principal, givenUtc}) => `Approved by ${principal} at ${givenUtc}.`),
    ...survey.others,
    `You are ${principalText(asked.caller)}.`,
  ];
  return lines.flatMap((line) => flow([line], app)).join('\n');
}

const notConfirmed = (run: string): Problem => ({
  code: 'confirmation-mismatch',
  message: 'Nothing was approved or withdrawn: the name of the run was not confirmed.',
  hint: `Repeat the command and type the name when asked, or add --name ${run}.`,
});

const storeNeeded = (run: string, entry: string): Problem => ({
  code: 'store-not-named',
  message: 'Approvals are written to the store of the run, and no store was named.',
  hint: {
    text: 'Name the inventory with -i, or name the store with',
    command: `approve ${run} ${entry} --shared s3://BUCKET/PREFIX`,
  },
});
