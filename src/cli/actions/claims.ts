import {inventoryWord} from '../../inventory/names.ts';
import {shellWord} from '../../model/hint.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {Progress} from '../../model/progress.ts';
import {flow, remarkText} from '../../report/index.ts';
import {type ClaimRelation, isMadeHere, relationTo} from '../../run/claim-owner.ts';
import {ownerOf} from '../../run/claim-problems.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {
  claimsIn,
  type InventoryClaims,
  type TargetClaim,
  takeOverClaims,
} from '../../run/inventory-claims.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';

/** Shows which run owns each target of an inventory, wherever that run was started. */
export async function showClaims(app: App, file: string): Promise<ExitCode> {
  const claims = await withSignals(app, (signal) => claimsIn(app, file, signal));
  if (app.json) {
    const {inventory, targets, without} = claims;
    const next = takeOversIn(app, claims).map(({command}) => command);
    printDocument(app, 'claims', {inventory: inventory.name, targets, without, next});
  } else {
    app.print(claimsText(claims, app));
  }
  return exitCodes.done;
}

/** Takes the claims of a run over that was started in another state folder, after its name was typed. */
export async function takeOverClaimsOf(
  app: App,
  run: string,
  file: string,
  confirmation: string | undefined,
): Promise<ExitCode> {
  return withSignals(app, async (signal) => {
    const {targets} = await claimsIn(app, file, signal);
    const claimed = targets.filter(({claim}) => claim?.run === run);
    if (claimed.length === 0) {
      throw new SwitcharooError(claimAbsent(run, file));
    }
    for (const target of claimed) {
      app.say(`${target.target}: ${ownerText(target)}`);
    }
    app.say(meaning);
    const typed = confirmation ?? (await askName(app, {run, signal}));
    if (typed !== run) {
      throw new SwitcharooError(claimKept(run, file));
    }
    const names = claimed.map(({target}) => target);
    await takeOverClaims(
      app,
      file,
      claimed.flatMap(({target, claim}) => (claim ? [{target, ...claim}] : [])),
      signal,
    );
    if (app.json) {
      const next = [app.paste(`status -i ${shellWord(file)}`)];
      printDocument(app, 'unlocked', {run, unlocked: names, next});
    }
    app.say(`${names.join(', ')}: no longer claimed by ${run}.`);
    return exitCodes.done;
  });
}

/** That another run, or another copy of the journal, owns a system of this run: it can neither resume nor reverse. */
export async function foreignClaimsOf(
  app: App,
  {run, inventory, store}: Progress['run'],
): Promise<readonly string[]> {
  const limit = AbortSignal.timeout(limitMs);
  const claims = await claimsIn(app, inventory.file, limit).catch(() => undefined);
  return (claims?.targets ?? []).flatMap((target) => {
    const relation = relationTo({host: app, run, isShared: store !== undefined}, target.claim);
    const text = relationTexts[relation];
    return text ? [remarkText(`${text} ${target.target}: ${ownerText(target)}.`, app)] : [];
  });
}

const relationTexts: {readonly [Relation in ClaimRelation]?: string} = {
  foreign: 'Another run owns a system of this one, which can neither be resumed nor reversed now.',
  copied: 'The journal here is a copy, and may be old. It can neither resume nor reverse the run.',
};

/** Nobody waits longer for a status. */
const limitMs = 10_000;

const meaning = `The changes of that run stay in place, and only its own journal can reverse them. If its process is still running,
its database session is ended, and it stops before its next action. An action in flight may still take effect.`;

async function withSignals<Result>(
  app: App,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signals = listenToSignals(app.say);
  try {
    return await work(signals.stopping);
  } finally {
    signals.dispose();
  }
}

function claimsText({inventory, targets, without}: InventoryClaims, app: App): string {
  const width = Math.max(0, ...targets.map(({target}) => target.length));
  const lines = targets.flatMap((target) =>
    flow([ownerText(target)], {
      width: app.width,
      first: `  ${target.target.padEnd(width)}  `,
    }),
  );
  const next = takeOversIn(app, {inventory, targets}).map(
    ({command, what}) => `  ${command}   ${what}`,
  );
  return [
    app.paint.bold(`${inventory.name}: which run owns each system`),
    ...(lines.length > 0 ? lines : ['  none of its targets can be claimed']),
    ...(without.length > 0
      ? flow([without.join(', ')], {width: app.width, first: '  cannot be claimed: ', rest: '    '})
      : []),
    ...(next.length > 0 ? ['', 'Next', ...next] : []),
  ].join('\n');
}

/** For each run of another state folder that owns a target. */
function takeOversIn(
  app: App,
  {inventory, targets}: Pick<InventoryClaims, 'inventory' | 'targets'>,
) {
  const others = targets.flatMap(({claim}) =>
    claim && !isMadeHere(app, claim) ? [claim.run] : [],
  );
  return [...new Set(others)].map((run) => ({
    command: app.paste(`unlock ${run} -i ${shellWord(inventoryWord(inventory.file))}`),
    what: 'if nobody can finish or reverse that run',
  }));
}

function ownerText({claim, holder, problem}: TargetClaim): string {
  if (problem) {
    return `unknown: ${problem.message}`;
  }
  const acts = holder ? `a process works on it now (${holder})` : 'no process works on it now';
  if (!claim) {
    return holder ? `no lasting claim; ${acts}` : 'not claimed';
  }
  return `${ownerOf(claim)}; ${acts}`;
}

const claimAbsent = (run: string, file: string): Problem => ({
  code: 'claim-absent',
  message: `No target of ${file} is claimed by ${run}.`,
  hint: {text: 'Show which run owns each target with', command: `status -i ${shellWord(file)}`},
});

const claimKept = (run: string, file: string): Problem => ({
  code: 'confirmation-mismatch',
  message: `The claim of ${run} was not taken over: the name of the run was not confirmed.`,
  hint: {
    text: 'Type it when asked, or pass it with',
    command: `unlock ${run} -i ${shellWord(file)} --name ${run}`,
  },
});
