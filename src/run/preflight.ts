import {refuseIfStopped} from '../engine/look.ts';
import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {type Opening, openTargets} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import {hintText} from '../model/hint.ts';
import type {Finding, Survey} from '../model/preflight.ts';
import {problemsIn} from '../model/problem.ts';
import type {OpenTargets, Session, TargetKind} from '../model/target.ts';
import {openChannels} from '../notify/open-channels.ts';
import type {PreflightReport} from '../report/index.ts';
import {checkChannels} from './channel-checks.ts';
import {relationTo} from './claim-owner.ts';
import {ownerOf} from './claim-problems.ts';
import {journalRoom} from './disk-room.ts';
import type {Host} from './host.ts';
import {type Distant, measureRoundTrips} from './round-trips.ts';
import {schemaTarget, trySchema, withTried} from './schema-load.ts';
import {sessionRemarks} from './session-remarks.ts';
import {targetKinds} from './step-library.ts';

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
  const inventory = loadInventory(inventoryFile, state.path);
  const environment = withholdSecrets(inventory, process.env);
  const all = await kindsOf(inventory);
  const tried = loadSchema === undefined ? null : schemaTarget(all, loadSchema, inventory.file);
  const kinds = Object.fromEntries(
    // A server that is there for the definitions alone is checked for nothing else.
    Object.entries(all).filter(
      ([name, {preflight, schemaLoad}]) =>
        preflight && (name !== tried || schemaLoad?.isUsual === true),
    ),
  );
  const redactor = new Redactor();
  const opening = {kinds, inventory, redactor, environment, signal, stateFolder: state.path};
  const open = await openTargets(opening);
  const {sessionOf, close} = sessionsWith(open, opening);
  const distant = Object.entries(all).map(
    ([target, kind]): Distant => ({target, kind, session: () => sessionOf(target, kind)}),
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
    const byName = new Map(distant.map((each) => [each.target, each.session]));
    const session = async (name: string) => byName.get(name)?.();
    const remarks = redactor.value(await sessionRemarks({session}, byName.keys()));
    const without = Object.keys(inventory.targets).filter(
      (name) => !(name in kinds) && name !== tried,
    );
    return {
      ...{inventory, targets, without, roundTrips, remarks, journal: journalRoom({state})},
      ...(tried === null ? {} : {triedOn: tried}),
    };
  } finally {
    await close();
  }
}

/** The session of any target: of those that are checked, and each other one opened by itself. */
function sessionsWith(open: OpenTargets, opening: Opening) {
  const others: OpenTargets[] = [];
  const sessionsWithout = new Map<string, Promise<AnySession>>();
  // By itself: a secret that it lacks prevents no check.
  const openAlone = async (target: string, kind: TargetKind) => {
    const other = await openTargets({...opening, kinds: {[target]: kind}});
    others.push(other);
    return other.session(target);
  };
  const sessionOf = (target: string, kind: TargetKind): Promise<AnySession> => {
    const session =
      target in opening.kinds
        ? open.session(target)
        : (sessionsWithout.get(target) ?? openAlone(target, kind));
    sessionsWithout.set(target, session);
    return session;
  };
  const close = async () => void (await Promise.all([open, ...others].map((each) => each.close())));
  return {sessionOf, close};
}

const readersBeside = (
  target: string,
  kinds: Kinds,
  targets: OpenTargets,
): Promise<readonly unknown[]> =>
  Promise.all(
    Object.keys(kinds)
      .filter((name) => name !== target)
      .map(async (name) => (await targets.session(name)).reader),
  );

type AnySession = Session<unknown, unknown>;
type Kinds = Readonly<Record<string, TargetKind>>;

async function kindsOf({targets}: Inventory): Promise<Kinds> {
  const kinds = await targetKinds();
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, target]) => {
      const kind = kinds.find((candidate) => candidate.kind === target.kind);
      return kind ? [[name, kind]] : [];
    }),
  );
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
    await Promise.all(
      names.map(async (name) => [name, (await targets.session(name)).reader] as const),
    ),
  );
  const surveys = names.map(async (name) => {
    const others = names.filter((other) => other !== name).map((other) => readers.get(other));
    const survey = await kinds[name]?.preflight
      ?.look(readers.get(name), others, signal, stillReading)
      .catch(unreadable(name, signal));
    const {findings, checksMade} = survey ?? {findings: [], checksMade: 0};
    const claimed = await claimFindings(host, name, targets, signal);
    return {
      name,
      kind: kinds[name]?.kind ?? '',
      findings: [...findings, ...claimed],
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
  const {claim: system} = await targets.session(target);
  const status = await system?.look(signal).catch(() => undefined);
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
