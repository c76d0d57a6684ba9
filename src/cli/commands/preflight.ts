import {refuseIfStopped} from '../../engine/look.ts';
import {withholdSecrets} from '../../inventory/environment.ts';
import {type Inventory, loadInventory} from '../../inventory/inventory.ts';
import {type OpenTargets, openTargets} from '../../inventory/targets.ts';
import {Redactor} from '../../journal/redactor.ts';
import type {Finding, Survey} from '../../model/preflight.ts';
import {problemsIn} from '../../model/problem.ts';
import type {TargetKind} from '../../model/target.ts';
import {type LookedOver, preflightText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import {targetKinds} from './steps.ts';

/** Looks over every target of the inventory whose kind has checks, and changes nothing. */
export async function preflightCommand(
  app: App,
  _none: undefined,
  options: {readonly inventory: string},
): Promise<ExitCode> {
  const inventory = loadInventory(options.inventory, app.state.path);
  const environment = withholdSecrets(inventory.targets, process.env);
  const kinds = await kindsWithChecks(inventory);
  const signals = listenToSignals(app.say);
  const redactor = new Redactor();
  const signal = signals.stopping;
  const opening = {kinds, inventory, redactor, environment, signal};
  const targets = await openTargets({...opening, stateFolder: app.state.path});
  try {
    const seen = redactor.value(await lookOver(kinds, targets, signal));
    const without = Object.keys(inventory.targets).filter((name) => !(name in kinds));
    const looked = {inventory, targets: seen, without};
    app.print(app.json ? JSON.stringify(documentOf(looked)) : preflightText(looked, app));
    const blocks = seen.some(({findings}) => findings.some(({severity}) => severity === 'blocks'));
    return blocks ? exitCodes.blocked : exitCodes.done;
  } finally {
    await targets.close();
    signals.dispose();
  }
}

type Kinds = Readonly<Record<string, TargetKind>>;

async function kindsWithChecks({targets}: Inventory): Promise<Kinds> {
  const known = await targetKinds();
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, {kind}]) => {
      const found = known.find((one) => one.kind === kind && one.preflight);
      return found ? [[name, found]] : [];
    }),
  );
}

/** One target after the other, so that no server is asked twice at a time. */
async function lookOver(
  kinds: Kinds,
  targets: OpenTargets,
  signal: AbortSignal,
): Promise<LookedOver['targets']> {
  const names = Object.keys(kinds);
  const readers = new Map(
    await Promise.all(
      names.map(async (name) => [name, (await targets.session(name)).reader] as const),
    ),
  );
  const looked = [];
  for (const name of names) {
    const others = names.filter((other) => other !== name).map((other) => readers.get(other));
    const survey = await kinds[name]?.preflight
      ?.look(readers.get(name), others, signal)
      .catch(unseen(name, signal));
    looked.push({name, kind: kinds[name]?.kind ?? '', ...(survey ?? {findings: [], made: 0})});
  }
  return looked;
}

/** A target that cannot be looked at is in the way, and the others are looked at all the same. */
const unseen =
  (target: string, signal: AbortSignal) =>
  (error: unknown): Survey => {
    refuseIfStopped(signal);
    const findings = problemsIn(error).map(
      ({code, message, hint}): Finding => ({
        check: code,
        severity: 'blocks',
        target,
        found: message.replace(/\.$/, ''),
        items: [],
        consequence: 'Nothing more is known of it.',
        fix: hint,
      }),
    );
    return {findings, made: 0};
  };

const documentOf = ({inventory, targets, without}: LookedOver) => ({
  inventory: inventory.name,
  targets: targets.map(({name, kind, made}) => ({name, kind, checks: made})),
  without,
  findings: targets.flatMap(({findings}) => findings),
});
