import type {Clock} from '../engine/clock.ts';
import type {Operator, Question} from '../engine/operator.ts';
import {planChanged} from '../engine/problems.ts';
import {askAwake, type ProcessStopped} from '../engine/process-stop.ts';
import {clockUtc, durationText} from '../model/duration.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';

export interface ApprovalRequest {
  readonly about: Question['about'];
  readonly question: string;
  /** Digest of the plan to approve. */
  readonly digest: string;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  /** How this plan differs from the one with another digest, entry by entry. */
  readonly changesSince?: (approved: string) => readonly string[];
}

/** Who can approve a plan. */
export interface Approver {
  readonly operator: Operator;
  /** The operator can ask a person. */
  readonly canAsk: boolean;
  /** Every plan is approved beforehand: `--yes`. */
  readonly yes: boolean;
  /** Digest of the plan that was approved beforehand: `--plan`. */
  readonly planDigest?: string;
  /** A rehearsal needs no approval, unless a person answers in it. */
  readonly rehearsal: boolean;
  /** A rehearsal in which a person answers. */
  readonly drill: boolean;
}

interface Approval {
  readonly answer: 'yes' | 'no';
  readonly by: string;
  /** This process stood still while the plan was read. */
  readonly stops: readonly ProcessStopped[];
}

/** Has a plan approved: by its digest, by a flag, or by a person. Throws when there is nobody to ask. */
export async function approve(
  request: ApprovalRequest,
  {operator, canAsk, yes, planDigest, rehearsal, drill}: Approver,
  {clock, signal}: {readonly clock: Pick<Clock, 'watch'>; readonly signal: AbortSignal},
): Promise<Approval> {
  const {about, question, digest, inventory} = request;
  if (planDigest !== undefined && planDigest !== digest) {
    const changes = request.changesSince?.(planDigest) ?? [];
    throw new SwitcharooError(planChanged(planDigest, digest, changes));
  }
  if (rehearsal && !drill) {
    return {answer: 'yes', by: operator.name, stops: []};
  }
  if (inventory.protected && !canAsk) {
    throw new SwitcharooError(terminalRequired(inventory.name));
  }
  if ((planDigest !== undefined || yes) && !inventory.protected) {
    return {answer: 'yes', by: planDigest === undefined ? '--yes' : '--plan', stops: []};
  }
  if (!canAsk) {
    throw new SwitcharooError(approvalRequired(digest));
  }
  const mustType = inventory.protected ? {mustType: inventory.name} : {};
  const stops: ProcessStopped[] = [];
  for (;;) {
    const details = [`plan ${digest}`, ...stops.map(stopText)];
    const asked = {about, entry: null, question, details, ...mustType};
    const asking = await askAwake(clock, signal, (awake) => operator.ask(asked, awake));
    if ('answer' in asking) {
      const {answer, by} = asking.answer;
      return {answer: answer === 'yes' ? 'yes' : 'no', by, stops};
    }
    stops.push(asking.stopped);
  }
}

const stopText = ({since, ms}: ProcessStopped): string =>
  `This process did not run for ${durationText(ms)}, from ${clockUtc(since)} UTC. The plan is older than that; each entry is checked again before it acts.`;

const approvalRequired = (digest: string): Problem => ({
  code: 'approval-required',
  message: `The plan ${digest} needs an approval, and there is no terminal to ask at.`,
  hint: `Approve this plan with --plan ${digest}, or any plan with --yes. This command has changed nothing.`,
});

const terminalRequired = (inventory: string): Problem => ({
  code: 'terminal-required',
  message: `${inventory} is protected: its name must be typed at a terminal, but there is none.`,
  hint: 'Start the command at a terminal, preferably inside tmux. This command has changed nothing.',
});
