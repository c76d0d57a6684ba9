import {defineRunbook} from 'switcharoo';
import {localCommand, localMachine} from 'switcharoo/local';
import {z} from 'zod';

const made = (file: string) => `test -e "$FOLDER/${file}"`;

/** A service that is a folder: fast, and whoever moves it twice leaves two lines in `cutovers`. */
export default defineRunbook({
  name: 'light-service',
  summary: 'Move a service that is a folder.',
  params: z.object({
    folder: z.string(),
    /** How long it is prepared before its outage. */
    prepareSeconds: z.coerce.number().default(0),
    /** How long its outage lasts. */
    outageSeconds: z.coerce.number().default(0),
    /** How long it takes to reverse its outage. */
    reverseSeconds: z.coerce.number().default(0),
    /** The entry that fails while there is a file "broken". With a file "stuck" the outage cannot be reversed. */
    breaks: z.enum(['prepare', 'switch', 'none']).default('none'),
  }),
  targets: {machine: localMachine},
  outage: {from: ['freeze'], until: ['open']},
})
  .phase('Prepare')
  .step('prepare', localCommand, {
    on: {machine: 'machine'},
    input: ({params}) => ({
      ...{does: 'prepare the service', undoes: 'remove what was prepared', check: made('prepared')},
      do: `${breaking(params.breaks === 'prepare')}touch "$FOLDER/prepared"; sleep ${params.prepareSeconds}`,
      undo: 'rm -f "$FOLDER/prepared"',
      values: {FOLDER: params.folder},
    }),
  })
  .checkpoint('prepared')
  .phase('Cut over')
  .step('freeze', localCommand, {
    on: {machine: 'machine'},
    input: ({params}) => ({
      ...{does: 'refuse writes', undoes: 'accept writes again', check: made('frozen')},
      do: `touch "$FOLDER/frozen"; sleep ${params.outageSeconds}`,
      undo: `test ! -e "$FOLDER/stuck" && sleep ${params.reverseSeconds} && rm -f "$FOLDER/frozen"`,
      values: {FOLDER: params.folder},
    }),
  })
  .step('switch', localCommand, {
    on: {machine: 'machine'},
    input: ({params}) => ({
      ...{does: 'cut over', undoes: 'cut over to the old side'},
      // The line is the cutover: whatever dies, it was written or it was not.
      check: 'test "$(tail -n 1 "$FOLDER/cutovers" 2>/dev/null)" = cutover',
      do: `${breaking(params.breaks === 'switch')}echo cutover >> "$FOLDER/cutovers"`,
      undo: 'echo reversal >> "$FOLDER/cutovers"',
      values: {FOLDER: params.folder},
    }),
  })
  .step('open', localCommand, {
    on: {machine: 'machine'},
    input: ({params}) => ({
      ...{does: 'accept writes', undoes: 'refuse writes again', check: made('opened')},
      do: 'touch "$FOLDER/opened"',
      undo: 'rm -f "$FOLDER/opened"',
      values: {FOLDER: params.folder},
    }),
  });

const breaking = (isBroken: boolean): string =>
  isBroken ? 'test ! -e "$FOLDER/broken" || exit 9; ' : '';
