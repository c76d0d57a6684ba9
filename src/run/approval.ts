import type {App} from '../cli/app.ts';
import type {Operator, Question} from '../engine/operator.ts';
import {planChanged} from '../engine/problems.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';

export interface Approving {
  readonly app: App;
  readonly operator: Operator;
  readonly about: Question['about'];
  readonly question: string;
  readonly digest: string;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  /** `--plan`: the digest that was approved beforehand. */
  readonly plan?: string;
  /** What is different from that one, entry by entry. */
  readonly changesSince?: (approved: string) => readonly string[];
  readonly yes: boolean;
  readonly rehearsal: boolean;
  readonly signal: AbortSignal;
}

export interface Approval {
  readonly answer: 'yes' | 'no';
  readonly by: string;
}

/** Acts only on the plan that somebody approved: by its digest, by a flag, or at the terminal. */
export async function approve(approving: Approving): Promise<Approval> {
  const {app, operator, digest, inventory, plan, yes, rehearsal, signal} = approving;
  if (plan !== undefined && plan !== digest) {
    throw new SwitcharooError(planChanged(plan, digest, approving.changesSince?.(plan) ?? []));
  }
  if (rehearsal) {
    return {answer: 'yes', by: operator.name};
  }
  if (inventory.protected && !app.terminal) {
    throw new SwitcharooError(protectedNeedsTerminal(inventory.name));
  }
  if ((plan !== undefined || yes) && !inventory.protected) {
    return {answer: 'yes', by: plan === undefined ? '--yes' : '--plan'};
  }
  if (!app.terminal) {
    throw new SwitcharooError(approvalNeeded(digest));
  }
  const {answer, by} = await operator.ask(
    {
      about: approving.about,
      entry: null,
      question: approving.question,
      details: [`plan ${digest}`],
      ...(inventory.protected ? {mustType: inventory.name} : {}),
    },
    signal,
  );
  return {answer: answer === 'yes' ? 'yes' : 'no', by};
}

const approvalNeeded = (digest: string): Problem => ({
  code: 'approval-needed',
  message: `Nobody is at a terminal to approve the plan ${digest}.`,
  hint: `Approve it with --plan ${digest} where the command takes that, or whatever it turns out to be with --yes. This command has changed nothing.`,
});

const protectedNeedsTerminal = (inventory: string): Problem => ({
  code: 'protected-needs-terminal',
  message: `${inventory} is protected: its name must be typed at a terminal, and there is none.`,
  hint: 'Start the command at a terminal, best inside tmux. This command has changed nothing.',
});
