import {z} from 'zod';
import {
  blocked,
  defineGate,
  defineOneWayStep,
  defineStep,
  defineTarget,
  done,
  needsAnswer,
  pending,
  waiting,
} from '../../src/index.ts';
import type {Session} from '../../src/model/target.ts';

/** A small true system: labelled boxes, each with one text in it, or nothing. */
export interface ShelfReader {
  readonly name: string;
  read(label: string): Promise<string | null>;
}

export interface ShelfWriter extends ShelfReader {
  put(label: string, text: string | null): Promise<void>;
}

/** What a test may do to a shelf, and what it sees of it. */
export class Shelf {
  readonly name: string;
  readonly boxes: Map<string, string>;
  /** Every write, in order, in words. */
  readonly effects: string[] = [];
  /** Each may throw: before a look, before a write has its effect, after it has had it. */
  onRead?: (label: string) => void | Promise<void>;
  beforePut?: (words: string) => void | Promise<void>;
  afterPut?: (words: string) => void | Promise<void>;

  constructor(name: string, boxes: Readonly<Record<string, string>> = {}) {
    this.name = name;
    this.boxes = new Map(Object.entries(boxes));
  }

  get picture(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.boxes].sort());
  }

  get session(): Session<ShelfReader, ShelfWriter> {
    const reader: ShelfReader = {
      name: this.name,
      read: async (label) => {
        await this.onRead?.(label);
        return this.boxes.get(label) ?? null;
      },
    };
    const put = (label: string, text: string | null) => this.#put(label, text);
    return {reader, writer: {...reader, put}, close: async () => {}};
  }

  async #put(label: string, text: string | null): Promise<void> {
    const words = `${this.name}: ${label} = ${text}`;
    await this.beforePut?.(words);
    if (text === null) {
      this.boxes.delete(label);
    } else {
      this.boxes.set(label, text);
    }
    this.effects.push(words);
    await this.afterPut?.(words);
  }
}

export const shelf = defineTarget<
  'shelf',
  ShelfReader,
  ShelfWriter,
  z.ZodObject<{password: z.ZodOptional<z.ZodString>; size: z.ZodDefault<z.ZodNumber>}>
>({
  kind: 'shelf',
  config: z.object({password: z.string().optional(), size: z.number().default(1)}),
  open: async (_config, {name}) => new Shelf(name).session,
});

const texts = z.record(z.string(), z.string());
type Texts = z.output<typeof texts>;
const found = z.record(z.string(), z.string().nullable());
type Found = z.output<typeof found>;

const fillParts = {
  summary: 'Fill boxes.',
  targets: {shelf},
  input: z.object({texts}),
  before: found,
  output: z.object({filled: z.string()}),
  needs: {shelf: ['WRITE']},
  timeoutMs: 10_000,
  reverses: 'Puts back what was in each box.',
};

/** One action a box, and only for those that are not yet as wanted. */
const fillFunctions = {
  check: async ({input, targets}: FillLook) => {
    const is = await readAll(targets.shelf, input.texts);
    const wrong = Object.entries(input.texts).filter(([label, text]) => is[label] !== text);
    return wrong.length === 0
      ? done({filled: Object.keys(input.texts).join(' and ')})
      : pending(
          is,
          ...wrong.map(([label, text]) => ({
            what: label,
            is: is[label] ?? 'empty',
            shouldBe: text,
          })),
        );
  },
  plan: async ({input, targets}: FillLook) =>
    writesTo(await readAll(targets.shelf, input.texts), input.texts),
  reverse: async ({input, targets}: FillLook, before: Found) =>
    writesTo(await readAll(targets.shelf, input.texts), before),
};

/** The same, and its looks do not see the box "unseen". */
export const fillSeen = defineStep({
  ...fillParts,
  name: 'shelf.fill-seen',
  ...fillFunctions,
  check: async (look) => {
    const {unseen: _, ...seen} = look.input.texts;
    return fillFunctions.check({...look, input: {texts: seen}});
  },
  reverse: async (look, before) => fillFunctions.reverse(look, {...before, unseen: null}),
});

/** Sets boxes. */
export const fill = defineStep({...fillParts, name: 'shelf.fill', ...fillFunctions});

/** The same, and never left half-way. */
export const fillOrNot = defineStep({
  ...fillParts,
  name: 'shelf.fill-or-not',
  undoWhenFailed: true,
  ...fillFunctions,
});

/** The same, and what is left of it ends by itself. */
export const fillForAWhile = defineStep({
  ...fillParts,
  name: 'shelf.fill-for-a-while',
  undoWhenFailed: true,
  endsByItself: () => ({afterMs: 10_000, what: 'It empties the boxes'}),
  ...fillFunctions,
});

/** The same, and it takes back its word when somebody has put "locked" into the box since. */
export const fillLockable = defineStep({
  ...fillParts,
  name: 'shelf.fill-lockable',
  ...fillFunctions,
  reverse: async (look, before) =>
    (await look.targets.shelf.read('lock')) === null
      ? fillFunctions.reverse(look, before)
      : blocked(`${look.targets.shelf.name} is locked.`, 'Unlock it first.'),
});

/** Keeps the letter in `mail` back in `kept`. People go on writing letters, and taking them out. */
export const holdMail = defineStep({
  name: 'shelf.hold-mail',
  summary: 'Keep the mail back.',
  targets: {shelf},
  input: z.object({}),
  before: z.object({mail: z.string().nullable()}),
  output: z.object({}),
  needs: {shelf: ['WRITE']},
  reverses: 'Puts the letter back.',
  timeoutMs: 10_000,
  check: async ({targets}) => {
    const mail = await targets.shelf.read('mail');
    return mail === null ? done({}) : pending({mail});
  },
  plan: async ({targets}) =>
    writesTo(await readAll(targets.shelf, {mail: '', kept: ''}), {
      kept: await targets.shelf.read('mail'),
      mail: null,
    }),
  isReversed: async ({targets}) => (await targets.shelf.read('kept')) === null,
  reverse: async ({targets}) => {
    const kept = await targets.shelf.read('kept');
    const mail = [await targets.shelf.read('mail'), kept].filter((one) => one !== null).join(', ');
    return kept === null
      ? []
      : writesTo(await readAll(targets.shelf, {mail: '', kept: ''}), {mail, kept: null});
  },
});

/** Asks for a text that is there only after a while: the world moves by itself. */
export const order = defineStep({
  name: 'shelf.order',
  summary: 'Order a text, and wait until it has arrived.',
  targets: {shelf},
  input: z.object({label: z.string(), text: z.string()}),
  before: z.object({text: z.string().nullable()}),
  output: z.object({}),
  needs: {shelf: ['WRITE']},
  reverses: 'Cancels the order, and puts back what was there.',
  timeoutMs: 10_000,
  poll: {firstMs: 100, mostMs: 1_000},
  check: async ({input: {label, text}, targets: {shelf}}) => {
    const is = await shelf.read(label);
    if (is === text) {
      return done({});
    }
    return (await shelf.read(`${label} ordered`)) === text
      ? waiting(`${label} is ${is ?? 'empty'}, ${text} is on its way`)
      : pending({text: is});
  },
  plan: async ({input: {label, text}}) => [
    {
      on: 'shelf',
      does: `order ${text} for ${label}`,
      perform: (writer) => writer.put(`${label} ordered`, text),
    },
  ],
  reverse: async ({input: {label}, targets: {shelf}}, before) => {
    const ordered = await shelf.read(`${label} ordered`);
    const is = await shelf.read(label);
    return [
      ...(ordered === null
        ? []
        : [
            {
              on: 'shelf',
              does: `cancel the order for ${label}`,
              perform: (writer: ShelfWriter) => writer.put(`${label} ordered`, null),
            } as const,
          ]),
      ...(is === before.text
        ? []
        : [
            {
              on: 'shelf',
              does: `put back ${label}`,
              perform: (writer: ShelfWriter) => writer.put(label, before.text),
            } as const,
          ]),
    ];
  },
});

/** Open while a box holds a text; closed for good when it is "broken". */
export const holds = defineGate({
  name: 'shelf.holds',
  summary: 'Wait until a box holds a text.',
  targets: {shelf},
  input: z.object({label: z.string(), text: z.string()}),
  output: z.object({seen: z.string()}),
  needs: {shelf: ['READ']},
  timeoutMs: 5_000,
  poll: {firstMs: 100, mostMs: 1_000},
  check: async ({input: {label, text}, targets: {shelf}}) => {
    const is = await shelf.read(label);
    if (is === 'broken') {
      return blocked(`${label} on ${shelf.name} is broken.`, 'Mend it.');
    }
    return is === text
      ? done({seen: text})
      : waiting(`${label} is ${is ?? 'empty'}, waiting for ${text}`);
  },
});

/** Like `holds`, and too dear for a plan. */
export const holdsDearly = defineGate({...holds, name: 'shelf.holds-dearly', expensive: true});

/** Nothing but a person can tell. */
export const smellsRight = defineGate({
  name: 'shelf.smells-right',
  summary: 'Ask whether it smells right.',
  targets: {shelf},
  input: z.object({}),
  output: z.object({nose: z.string()}),
  needs: {shelf: []},
  timeoutMs: 5_000,
  check: async ({targets: {shelf}}) =>
    needsAnswer(`Does ${shelf.name} smell right?`, {nose: 'a person'}, 'Go there.'),
});

/** Empties a box for ever. */
export const burn = defineOneWayStep({
  name: 'shelf.burn',
  summary: 'Burn what is in a box.',
  targets: {shelf},
  input: z.object({label: z.string()}),
  output: z.object({}),
  needs: {shelf: ['WRITE']},
  oneWayBecause: 'Ashes hold no text.',
  timeoutMs: 10_000,
  check: async ({input: {label}, targets: {shelf}}) =>
    (await shelf.read(label)) === null ? done({}) : pending(undefined),
  plan: async ({input: {label}}) => [
    {on: 'shelf', does: `burn ${label}`, perform: (writer) => writer.put(label, null)},
  ],
});

interface FillLook {
  readonly input: {readonly texts: Texts};
  readonly targets: {readonly shelf: ShelfReader};
}

async function readAll(reader: ShelfReader, wanted: Texts): Promise<Found> {
  const is: Found = {};
  for (const label of Object.keys(wanted)) {
    is[label] = await reader.read(label);
  }
  return is;
}

function writesTo(is: Found, wanted: Found) {
  return Object.entries(wanted)
    .filter(([label, text]) => is[label] !== text)
    .map(([label, text]) => ({
      on: 'shelf' as const,
      does: text === null ? `empty ${label}` : `put ${text} into ${label}`,
      perform: async (writer: ShelfWriter, signal: AbortSignal) => {
        signal.throwIfAborted();
        await writer.put(label, text);
      },
    }));
}
