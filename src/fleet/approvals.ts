import {SwitcharooError} from '../model/problem.ts';
import {
  approverGiven,
  approverNeeded,
  notAnApprover,
  starterApproves,
  waveDiffers,
} from './approval-problems.ts';
import type {FleetDatabase} from './database.ts';
import type {Order} from './orders.ts';
import {waveRow} from './orders.ts';
import {actAs} from './own-approvers.ts';
import {addEvent, isApproved, type WaveRow} from './rows.ts';

type Database = Pick<FleetDatabase, 'transaction'>;

interface Approval extends Order {
  readonly wave: string;
  readonly as?: string | undefined;
  /** What the approver has read: a wave that was started otherwise is not approved. */
  readonly digest?: string | undefined;
}

/**
 * Approves as the role with which PostgreSQL let this process in, whatever it says of itself. `as`: in the PostgreSQL
 * of a state folder, which lets everybody in as its owner.
 */
export const approveWave = (
  {transaction, isOwn = false}: Database & {readonly isOwn?: boolean},
  {fleet, wave, operator, as, digest}: Approval,
): Promise<{readonly isNew: boolean; readonly role: string; readonly wave: WaveRow}> =>
  transaction(async (client) => {
    const row = await waveRow(client, fleet, wave);
    if (digest !== undefined && digest !== row.digest) {
      throw new SwitcharooError(waveDiffers(wave, {approved: digest, started: row.digest}));
    }
    if (as !== undefined) {
      if (!isOwn) {
        throw new SwitcharooError(approverGiven(as));
      }
      if (!row.approveBy.includes(as)) {
        throw new SwitcharooError(notAnApprover(wave, as, {by: row.approveBy, isOwn}));
      }
      await actAs(client, as);
    }
    const {rows} = await client.query('SELECT session_user AS role');
    const role: string = rows[0].role;
    if (!row.approveBy.includes(role)) {
      throw new SwitcharooError(
        isOwn
          ? approverNeeded(wave, row.approveBy)
          : notAnApprover(wave, role, {by: row.approveBy, isOwn}),
      );
    }
    if (role === row.startedRole) {
      const others = row.approveBy.filter((other) => other !== role);
      throw new SwitcharooError(starterApproves(wave, role, {others, isOwn}));
    }
    const {rowCount} = await client.query(
      `INSERT INTO switcharoo_fleet.approval (fleet, wave, digest) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING`,
      [fleet, wave, row.digest],
    );
    const isNew = rowCount === 1;
    if (isNew) {
      await addEvent(client, {fleet, wave, operator, what: 'approved', note: row.digest});
    }
    return {isNew, role, wave: await waveRow(client, fleet, wave)};
  });

/** How many approvals a wave still needs. */
export const missingApprovals = (wave: WaveRow): number =>
  isApproved(wave) ? 0 : wave.approveOf - wave.approvals.length;
