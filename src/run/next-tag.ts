import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {inputOf} from '../engine/known-values.ts';
import {checkEntry} from '../engine/look.ts';
import {packageRoot} from '../version.ts';
import type {Host, StopSignals} from './host.ts';
import {type OpenedWorld, openWorld} from './open-world.ts';

const tagNumber = z.object({prefix: z.string(), number: z.number().int()});

interface TagRequest {
  readonly inventory: string;
  /** The branch, and the repositories to read the tags of. */
  readonly params: {
    readonly branch: string;
    readonly repository?: string;
    readonly git?: string;
  };
}

/** The next image tag of a branch, `<branch>.<number>`: one above the highest number in the repositories. */
export async function nextTag(
  host: Host,
  {inventory, params}: TagRequest,
  {stopping, aborting}: StopSignals,
): Promise<string> {
  const runbook = fileURLToPath(new URL('runbooks/next-tag.ts', packageRoot));
  const opened = await openWorld(host, {runbook, inventory, params}, aborting, () => {});
  try {
    const numbers = await highestNumbers(opened, stopping);
    const next = Math.max(...numbers.map(({number}) => number)) + 1;
    return `${numbers[0]?.prefix}.${next}`;
  } finally {
    await opened.close();
  }
}

/** Checks every gate of the runbook, without a run. */
async function highestNumbers({runbook, world}: OpenedWorld, signal: AbortSignal) {
  const numbers: z.output<typeof tagNumber>[] = [];
  for (const entry of runbook.entries) {
    const input = inputOf(entry, world.params, new Map());
    if (input.kind !== 'known') {
      throw new Error(`${entry.id} asks for more than its parameters`);
    }
    const {verdict} = await checkEntry(world, {entry, input: input.input, started: false}, signal);
    if (verdict.kind !== 'done') {
      throw new Error(`${entry.id} is ${verdict.kind}`);
    }
    numbers.push(tagNumber.parse(verdict.output));
  }
  return numbers;
}
