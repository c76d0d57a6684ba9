import {z} from 'zod';

// What is validated was read from JSON: its members are not looked at again.
export const json = z.custom<z.core.util.JSONType>((value) => value !== undefined);
/** What a journal keeps as it is. */
export type Json = z.output<typeof json>;

/** Who acts: the user and host of the process that holds the run. */
export const operator = z.object({user: z.string(), host: z.string(), pid: z.number().int()});
export type OperatorName = z.output<typeof operator>;

/** What a run knows of an entry of its runbook, so that a changed runbook can be shown entry by entry. */
const entryDigest = z.object({
  id: z.string(),
  phase: z.string(),
  unit: z.string(),
  digest: z.string(),
  /** How long what it proves counts. */
  freshForMs: z.number().positive().exactOptional(),
});
export type EntryDigest = z.output<typeof entryDigest>;

/** What a process of a run was asked for. */
export const asked = {
  /** Until then the cutover must be accepted. */
  decideByUtc: z.iso.datetime().optional(),
  /** That is when the window of the inventory closes; without it, a person has set the time. */
  isDecideByOfWindow: z.boolean().optional(),
  /** How long an outage may last until the run is reversed by itself. */
  longestOutageMs: z.number().positive().optional(),
  /** Runs beside which a person let it start: with a damaged journal, or with a claim on the environment. */
  besides: z.array(z.string()).optional(),
  /** Why it may cut over although the window of the inventory is closed. */
  outsideWindow: z.string().optional(),
  /** The channels on which this process tells people. */
  notify: z.array(z.string()).optional(),
};

export const runStarted = z.object({
  kind: z.literal('run-started'),
  run: z.string(),
  runbook: z.object({
    name: z.string(),
    file: z.string(),
    digest: z.string(),
    entries: z.array(entryDigest),
    /** Which entries close the application for writes, and which open it again. */
    outage: z
      .object({
        from: z.array(z.string()),
        until: z.array(z.string()),
        promoted: z.array(z.string()).optional(),
        /** Checkpoints before it (`null`: the start), to which a reversal could end it. */
        reversibleTo: z.array(z.string().nullable()),
      })
      .optional(),
    /** The entries from which new connections wait, and those that release them. */
    hold: z.object({from: z.array(z.string()), until: z.array(z.string())}).exactOptional(),
    /** What a reversal does not carry back. */
    alsoWritten: z.array(z.object({what: z.string(), todo: z.string().exactOptional()})).optional(),
  }),
  inventory: z.object({
    name: z.string(),
    file: z.string(),
    digest: z.string(),
    protected: z.boolean(),
  }),
  params: json,
  /** Targets of the runbook that the inventory has under another name. */
  targets: z.record(z.string(), z.string()).optional(),
  plan: z.string(),
  operator,
  versions: z.object({switcharoo: z.string(), node: z.string()}),
  /** A rehearsal in the lab: nobody is asked, on resume neither. */
  rehearsal: z.boolean(),
  ...asked,
  /** The target of the inventory in which the journal is shared. */
  store: z.string().optional(),
  /** Where that was when the run began: `s3://our-cutovers/shop`. */
  storePlace: z.string().exactOptional(),
  /** The unit of a fleet that it moves. */
  fleet: z.object({name: z.string(), unit: z.string()}).exactOptional(),
});
