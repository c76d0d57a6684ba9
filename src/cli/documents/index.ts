import type {z} from 'zod';
import {journalEntry} from '../../model/journal.ts';
import {drillDocument} from '../../report/index.ts';
import * as fleet from './fleet.ts';
import {labCount, labDown, labFault, labHealed, labStatus, labUp} from './lab.ts';
import {problems} from './parts.ts';
import {planDocument} from './plan.ts';
import * as preparation from './preparation.ts';
import {explanation, page, pages, project, schema, schemas} from './project.ts';
import {report} from './report.ts';
import {runLine, taskEnded} from './run.ts';
import {
  approved,
  claims,
  handedOver,
  live,
  logVerified,
  pageState,
  replay,
  runs,
  status,
  takenOver,
  unlocked,
} from './status.ts';

/** Everything that `--json` prints, by the name that `schema` takes. */
export const documents = {
  plan: planDocument,
  'run-line': runLine,
  report,
  'task-ended': taskEnded,
  drill: drillDocument,
  problems,
  status,
  replay,
  runs,
  live,
  'page-state': pageState,
  claims,
  'journal-entry': journalEntry(),
  'log-verified': logVerified,
  unlocked,
  'taken-over': takenOver,
  'handed-over': handedOver,
  approved,
  preflight: preparation.preflight,
  'preflight-change': preparation.preflightChange,
  'preflight-busy': preparation.preflightBusy,
  channels: preparation.channels,
  verification: preparation.verification,
  markdown: preparation.markdown,
  permissions: preparation.permissions,
  steps: preparation.steps,
  doctor: preparation.doctor,
  'store-check': preparation.storeCheck,
  'store-init': preparation.storeInit,
  tag: preparation.tag,
  'fleet-plan': fleet.fleetPlan,
  'fleet-order': fleet.fleetOrder,
  'fleet-status': fleet.fleetStatus,
  'fleet-runner': fleet.fleetRunner,
  'fleet-page-state': fleet.fleetPageState,
  'fleet-live': fleet.fleetLive,
  'fleet-report': fleet.fleetReport,
  'fleet-rehearsals': fleet.fleetRehearsals,
  'fleet-init': fleet.fleetInit,
  'fleet-permissions': fleet.fleetPermissions,
  'lab-up': labUp,
  'lab-down': labDown,
  'lab-status': labStatus,
  'lab-count': labCount,
  'lab-fault': labFault,
  'lab-healed': labHealed,
  project,
  explanation,
  pages,
  page,
  schemas,
  schema,
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type DocumentName = keyof typeof documents;
export type DocumentOf<Name extends DocumentName> = z.output<(typeof documents)[Name]>;
