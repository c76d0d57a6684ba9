import {refuseIfStopped} from '../engine/look.ts';
import {hintText} from '../model/hint.ts';
import type {Finding, Survey} from '../model/preflight.ts';
import {problemsIn} from '../model/problem.ts';
import type {OpenTargets} from '../model/target.ts';
import {openChannels} from '../notify/open-channels.ts';
import type {PreflightReport} from '../report/index.ts';
import {checkChannels} from './channel-checks.ts';
import {relationTo} from './claim-owner.ts';
import {ownerOf} from './claim-problems.ts';
import {journalRoom} from './disk-room.ts';
import {evidenceOf} from './evidence.ts';
import type {Host} from './host.ts';
import {claimOf, type Kinds, openInventory} from './inventory-targets.ts';
import {MachineClock} from './machine-clock.ts';
import {type Distant, measureRoundTrips} from './round-trips.ts';
import {schemaTarget, trySchema, withTried} from './schema-load.ts';
import {sessionRemarks} from './session-remarks.ts';

interface PreflightRequest {
  readonly inventoryFile: string;
  /** The target on which definitions are tried; an empty name is the only one of the usual kind. */
  readonly loadSchema?: string | undefined;
  /** Is told what takes long, and how far it is. */
  readonly stillReading?: (progress: string) => void;
}

/**
 * Runs the preflight checks of every target in an inventory whose kind has checks. Changes nothing, apart from
 * `loadSchema`, which removes what it loads.
 */
export async function preflight(
  {state}: Host,
  {inventoryFile, loadSchema, stillReading = () => {}}: PreflightRequest,
  signal: AbortSignal,
): Promise<PreflightReport> {
  const {inventory, all, opening, open} = await openInventory({state}, inventoryFile, signal);
  const {redactor} = opening;
  const tried = loadSchema === undefined ? null : schemaTarget(all, loadSchema, inventory.file);
  const kinds = Object.fromEntries(
    // A server that is there for the definitions alone is checked for nothing else.
    Object.entries(all).filter(
      ([name, {preflight, schemaLoad}]) =>
        preflight && (name !== tried || schemaLoad?.isUsual === true),
    ),
  );
  const distant = Object.entries(all).map(
    ([target, kind]): Distant => ({target, kind, session: () => open.session(target)}),
  );
  try {
    // First: what an earlier trial has left would be a finding of the checks.
    const loaded =
      tried === null
        ? []
        : await trySchema(tried, all[tried], {
            opening,
            readers: () => readersBeside(tried, kinds, open),
            unreadable: unreadable(tried, signal),
          });
    refuseIfStopped(signal);
    const tell = (progress: string) => stillReading(redactor.text(progress));
    const checked = await checkAll({host: {state}, kinds, stillReading: tell}, open, signal);
    const channels = await openChannels({...opening, stateFolder: state.path});
    const checkedChannels = await checkChannels(channels, signal);
    const targets = redactor.value([...withTried(checked, loaded), ...checkedChannels]);
    // Not beside the checks: a question would wait for theirs.
    const roundTrips = redactor.value(await measureRoundTrips(distant, signal));
    // After the questions: what their answers have shown.
    const remarks = redactor.value(await sessionRemarks(open, Object.keys(all)));
    const without = Object.keys(inventory.targets).filter(
      (name) => !(name in kinds) && name !== tried,
    );
    return {
      ...{inventory, targets, without, roundTrips, remarks, journal: journalRoom({state})},
      evidence: evidenceOf({state}, inventory.name, new MachineClock().now()),
      ...(tried === null ? {} : {triedOn: tried}),
    };
  } finally {
    await open.close();
  }
}

/** Of those that open: the others have findings of their own. */
async function readersBeside(
  target: string,
  kinds: Kinds,
  targets: OpenTargets,
): Promise<readonly unknown[]> {
  const names = Object.keys(kinds).filter((name) => name !== target);
  const sessions = await Promise.allSettled(names.map((name) => targets.session(name)));
  return sessions.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.reader] : []));
}

interface Checking {
  readonly host: Pick<Host, 'state'>;
  readonly kinds: Kinds;
  readonly stillReading: (progress: string) => void;
}

/** All side by side: the checks of all targets ask a server over the same few connections. */
async function checkAll(
  {host, kinds, stillReading}: Checking,
  targets: OpenTargets,
  signal: AbortSignal,
): Promise<PreflightReport['targets']> {
  const names = Object.keys(kinds);
  const readers = new Map(
    names.map((name) => [name, targets.session(name).then(({reader}) => reader)] as const),
  );
  const settled = await Promise.allSettled(readers.values());
  const opened = names.flatMap((name, index) => {
    const answer = settled[index];
    return answer?.status === 'fulfilled' ? [{name, reader: answer.value}] : [];
  });
  const surveyOf = async (name: string): Promise<Survey | undefined> => {
    const others = opened.filter((other) => other.name !== name).map(({reader}) => reader);
    return kinds[name]?.preflight?.look(await readers.get(name), others, signal, stillReading);
  };
  const surveys = names.map(async (name) => {
    const survey = await surveyOf(name).catch(unreadable(name, signal));
    const {findings, checksMade} = survey ?? {findings: [], checksMade: 0};
    const claimed = await claimFindings(host, name, targets, signal);
    return {
      name,
      kind: kinds[name]?.kind ?? '',
      findings: [...findings.map((finding) => ({...finding, target: name})), ...claimed],
      checksMade,
    };
  });
  // Waits for all, also when one of them throws: nobody may still be asking when the targets are closed.
  await Promise.allSettled(surveys);
  return Promise.all(surveys);
}

/** Which run owns it. One that cannot be read is reported by its own checks. */
async function claimFindings(
  host: Pick<Host, 'state'>,
  target: string,
  targets: OpenTargets,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const status = await claimOf(target, targets, signal);
  // One that a run of this folder left over when it was done keeps nobody here out.
  return status?.claim && relationTo({host, run: ''}, status.claim) !== 'ended'
    ? [
        {
          check: 'systems-claimed',
          severity: 'warns',
          target,
          observed: `${target} is claimed by ${ownerOf(status.claim)}`,
          items: [],
          consequence: 'No other run can change it, or anything else of this inventory.',
          fix: `Finish or reverse run ${status.claim.run} first.`,
        },
      ]
    : [];
}

/** A target that cannot be read obstructs a cutover, and the others are checked all the same. */
const unreadable =
  (target: string, signal: AbortSignal) =>
  (error: unknown): Survey => {
    refuseIfStopped(signal);
    const findings = problemsIn(error).map(
      ({code, message, hint}): Finding => ({
        check: code,
        severity: 'blocks',
        target,
        observed: message.replace(/\.$/, ''),
        items: [],
        consequence: 'The other checks of this target were not made.',
        fix: hintText(hint),
      }),
    );
    return {findings, checksMade: 0};
  };
