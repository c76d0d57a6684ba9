import type {ObjectStore} from '../model/object-store.ts';
import {keyOfPrincipal} from '../model/principal.ts';
import type {AnyRunbook} from '../model/runbook.ts';

/** Where nobody may write: an approval by a user that no account has, of a run that cannot exist. */
export const foreignApprovalKey = (folder: string): string =>
  `approvals/${folder}1-approved/${keyOfPrincipal({
    arn: 'arn:aws:iam::000000000000:user/somebody',
    id: 'AIDASOMEBODY',
  })}`;

/** Whether approvals prove anything, for the plan. Where the policy of the bucket is right, this writes nothing. */
export async function foreignApprovalRemarks(
  {entries}: Pick<AnyRunbook, 'entries'>,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!entries.some(({approval}) => approval !== undefined)) {
    return [];
  }
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const key = foreignApprovalKey('check/plan/');
  const end = await store.add(key, 'tried by plans\n', limited).catch(() => 'refused');
  signal.throwIfAborted();
  return end === 'refused'
    ? []
    : [
        `Approvals prove nothing: with these keys, anybody can approve as somebody else in ${store.place}. Replace the policy of its bucket with the one that "store init" prints.`,
      ];
}

const limitMs = 10_000;
