import {openRun, reopenRun} from 'switcharoo';

/** Runs the maintenance runbook, if its plan is the approved one, and prints each entry of the journal. */
export async function closeShop(stateFolder: string, approvedPlan: string, print = console.log) {
  const run = await openRun({
    runbook: 'docs/examples/maintenance.ts',
    inventory: 'docs/examples/maintenance.yaml',
    stateFolder,
    planDigest: approvedPlan,
    observe: (event) => {
      if (event.kind === 'journaled') {
        print(event.entry.seq, event.entry.kind);
      }
    },
  });
  try {
    const result = await run.forward(await run.plan());
    return {run: run.name, exitCode: run.exitCode(result)};
  } finally {
    await run.close();
  }
}

/** Reverses a run to the start. */
export async function openShop(stateFolder: string, name: string) {
  const run = await reopenRun({run: name, stateFolder, yes: true});
  try {
    const result = await run.reverse(await run.planReversal(null));
    return run.exitCode(result);
  } finally {
    await run.close();
  }
}
