import {z} from 'zod';

/** Files of the old servers that move to S3. A reversal copies back what the new side writes. */
export const documents = z.object({
  documents: z
    .array(
      z.object({
        /** A target of the kind `s3-bucket`: one for each directory. */
        bucket: z.string(),
        /** The group of hosts that has the directory, and the one of them that reads and writes it. */
        hosts: z.string().default('webHosts'),
        host: z.string().optional(),
        directory: z.string(),
        /** What the keys begin with; `documents/` without it. */
        prefix: z.string().optional(),
        /** How many documents are read on both sides to compare them; 200 without it. */
        sample: z.union([z.coerce.number().int().positive(), z.literal('all')]).optional(),
      }),
    )
    .default([]),
});
type Documents = z.output<typeof documents>;
type Place = Documents['documents'][number];

/** A group with an entry for each directory. */
export const documentsOf = (title: string) => ({
  title,
  of: ({documents: all}: Documents) => all,
  name: ({bucket}: Place) => bucket,
});

export const placeOf = ({directory, prefix, host}: Place) => ({
  directory,
  ...(prefix === undefined ? {} : {prefix}),
  ...(host === undefined ? {} : {host}),
});

export const copyOf = (place: Place) => ({
  on: {hosts: place.hosts, bucket: place.bucket},
  input: () => placeOf(place),
});

export const comparisonOf = (place: Place) => ({
  ...copyOf(place),
  input: () => ({
    ...placeOf(place),
    ...(place.sample === undefined ? {} : {sample: place.sample}),
  }),
});
