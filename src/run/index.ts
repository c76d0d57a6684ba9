import type {Agent} from 'node:http';
import type {ReopenRequest, RunRequest} from './open-run.ts';
import type {Run} from './run.ts';

export type {ExitCode} from './exit-codes.ts';
export type {StopSignals} from './host.ts';
export type {ReopenRequest, RunRequest} from './open-run.ts';
export type {RunResult} from './outcome.ts';
export type {Run} from './run.ts';

// The engine is loaded when a run is opened: authors of runbooks and steps import this package too.

/**
 * Opens a new run: reads the runbook and the inventory, and checks the settings of every target. Connects to nothing
 * and
 * changes nothing. Close it in any case.
 *
 * @example
 * const run = await openRun({runbook: 'bare-metal-to-ecs', inventory: 'staging', yes: true});
 * try {
 *   const result = await run.forward(await run.plan());
 *   process.exitCode = run.exitCode(result);
 * } finally {
 *   await run.close();
 * }
 *
 * @throws SwitcharooError when the runbook, the inventory or a parameter is not valid.
 */
export async function openRun(request: RunRequest): Promise<Run> {
  const {openRun: open} = await import('./open-run.ts');
  return open(request);
}

/**
 * Opens a run that began earlier, to continue or to reverse it. Changes nothing. Close it in any case.
 *
 * @throws SwitcharooError when another process works on it, or when the runbook or the inventory changed since.
 */
export async function reopenRun(request: ReopenRequest): Promise<Run> {
  const {reopenRun: reopen} = await import('./open-run.ts');
  return reopen(request);
}

/**
 * An agent of node:http for a machine whose requests go through a proxy (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`);
 * `undefined` where none is set. Steps that send requests take it, so that they reach what the others reach.
 */
export async function proxyAgent(options: {
  readonly keepAlive: boolean;
}): Promise<Agent | undefined> {
  const {proxyAgent: agent} = await import('../inventory/proxies.ts');
  return agent(options);
}
