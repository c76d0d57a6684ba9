import type {AnyRunbook} from '../../model/runbook.ts';
import type {Clock} from '../clock.ts';
import type {RunContext} from '../context.ts';
import type {Operator} from '../operator.ts';
import {runName} from './progress-with.ts';

/** What the engine is given to work on a model: one process is the operator, and every system. */
export function modelContext(
  runbook: AnyRunbook,
  process: Operator,
  clock: Clock,
  record: RunContext['record'],
): RunContext {
  const never = new AbortController().signal;
  const session = async () => ({reader: process, writer: process, close: async () => {}});
  return {
    runbook,
    params: {},
    targets: {session, close: async () => {}},
    clock,
    run: runName,
    observe: () => {},
    aborting: never,
    stopping: never,
    operator: process,
    inventory: {name: runName, protected: false},
    // The model answers for the approvers, yes or no: how approvals are given is not the engine's concern.
    approvalRules: {
      ...{approvers: {}, isShared: false, isLab: true},
      inventory: {file: '', digest: ''},
    },
    record,
  };
}
