import type {Progress} from '../model/progress.ts';
import type {Approver} from './approval.ts';
import type {SessionRequest} from './run-session.ts';

/** What a run is made of. */
export interface RunParts<Run> {
  readonly session: SessionRequest;
  readonly approver: Approver;
  /** Of a run that began before: its progress, and the accepted differences of runbook and inventory. */
  readonly earlier?: {readonly progress: Progress; readonly accepted: readonly string[]};
  readonly until?: string;
  readonly onBegin?: (run: Run) => void;
}
