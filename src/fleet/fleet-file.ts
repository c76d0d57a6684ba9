import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {z} from 'zod';
import {moduleOf} from '../inventory/compile-runbook.ts';
import {type Fleet, sharedResources, unitsOf} from '../model/fleet.ts';
import {type Problem, refuseAny, SwitcharooError} from '../model/problem.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import {authorsLine, messageOf} from '../model/thrown.ts';
import {fleetInvalid, fleetLoadFailed, fleetNotFound} from './problems.ts';

interface FleetFile {
  readonly file: string;
  readonly fleet: Fleet;
}

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens');
const limit = z.number().int().positive();

const unit = z.strictObject({
  runbook: z.string().min(1),
  inventory: z.string().min(1),
  params: z.record(z.string(), z.json()).exactOptional(),
  targets: z.record(z.string(), z.string()).exactOptional(),
  answers: z.record(z.string(), z.string().min(1)).exactOptional(),
  team: z.string().min(1).exactOptional(),
  network: name.exactOptional(),
  after: z.array(z.string()).exactOptional(),
});

const fleet: z.ZodType<Fleet> = z.strictObject({
  name,
  atOnce: z
    .strictObject(
      Object.fromEntries(
        ['units', ...sharedResources].map((resource) => [resource, limit.exactOptional()]),
      ),
    )
    .exactOptional(),
  waves: z.record(
    name,
    z.strictObject({
      units: z.record(name, unit),
      approve: z
        .strictObject({by: z.array(z.string().min(1)).min(1), of: limit})
        .refine(({by, of}) => of <= new Set(by).size, '"by" names fewer roles than must approve')
        .exactOptional(),
    }),
  ),
});

/** Reads the waves of a fleet, and refuses what could never be run in this order. Contacts no system. */
export async function loadFleet(path: string): Promise<FleetFile> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new SwitcharooError(fleetNotFound(path));
  }
  const read = fleet.safeParse(await defaultExportOf(file));
  if (!read.success) {
    throw new SwitcharooError(fleetInvalid(file, z.prettifyError(read.error)));
  }
  refuseAny(mistakesIn(file, read.data));
  return {file, fleet: read.data};
}

async function defaultExportOf(file: string): Promise<unknown> {
  try {
    const {default: exported} = await moduleOf(file);
    return exported;
  } catch (cause) {
    const thrown = authorsLine(cause);
    throw new SwitcharooError(
      fleetLoadFailed(file, thrown ? `${thrown.where}: ${thrown.message}` : messageOf(cause)),
      {cause},
    );
  }
}

/** Units named twice, and prerequisites that cannot be done before. */
function mistakesIn(file: string, {waves, ...rest}: Fleet): readonly Problem[] {
  const names = Object.keys(waves);
  const written = Object.entries(waves).flatMap(([wave, {units}]) =>
    Object.entries(units).map(([id, {after = []}]) => ({id, wave, after})),
  );
  const twice = written.filter(({id}, at) => written.findIndex((each) => each.id === id) < at);
  const ids = written.map(({id}) => id);
  const waiting = written.flatMap(({id, wave, after}) =>
    after.flatMap((before): readonly string[] => {
      const earlier = written.find((each) => each.id === before);
      if (!earlier) {
        const near = didYouMean(namesNear(before, ids)).trimEnd();
        return [`${id} comes after ${before}, which is not a unit.${near ? ` ${near}` : ''}`];
      }
      return names.indexOf(earlier.wave) > names.indexOf(wave)
        ? [`${id} of ${wave} comes after ${before}, which is in the later wave ${earlier.wave}.`]
        : [];
    }),
  );
  const order = unitsOf({waves, ...rest}).map(({id}) => id);
  const circular = written.filter(({id, after}) =>
    after.some((before) => order.indexOf(before) >= order.indexOf(id)),
  );
  return [
    ...twice.map(({id}) => `More than one unit is named ${id}.`),
    ...(written.length === 0 ? ['It has no units.'] : []),
    ...waiting,
    ...(waiting.length === 0 && twice.length === 0
      ? circular.map(({id, after}) => `${id} waits for itself: it comes after ${after.join(', ')}.`)
      : []),
  ].map((mistake) => fleetInvalid(file, mistake));
}
