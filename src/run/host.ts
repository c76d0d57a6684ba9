import {hostname, userInfo} from 'node:os';
import {StateFolder} from '../journal/state-folder.ts';
import type {OperatorName} from '../model/run-started.ts';
import {defaultStateFolder} from './defaults.ts';

/** Where the journals of runs are kept, and who acts on them. */
export interface Host {
  readonly state: StateFolder;
  readonly operator: OperatorName;
}

/** What ends a run early. */
export interface StopSignals {
  /** Aborted when the run is to stop at the next safe place. */
  readonly stopping: AbortSignal;
  /** Aborted when even the action in flight must end. */
  readonly aborting: AbortSignal;
}

/** This process, with the journals of `stateFolder`. */
export const thisHost = (stateFolder = defaultStateFolder): Host => ({
  state: new StateFolder(stateFolder),
  operator: {user: userInfo().username, host: hostname(), pid: process.pid},
});
