import type {RoundTrip} from '../model/round-trip.ts';

const names: Readonly<Record<RoundTrip['what'], string>> = {
  statement: 'A statement',
  command: 'A command over ssh',
  call: 'A call of AWS',
};

/** "A statement takes 21 ms on source, 20 ms on aurora.": a sentence for each sort, and for each unknown target. */
export function roundTripTexts(trips: readonly RoundTrip[]): readonly string[] {
  const sentences = (Object.keys(names) as RoundTrip['what'][]).flatMap((what) => {
    const times = trips.flatMap((trip) =>
      trip.what === what && trip.ms !== null ? [`${tripText(trip.ms)} on ${trip.target}`] : [],
    );
    return times.length === 0 ? [] : [`${names[what]} takes ${times.join(', ')}.`];
  });
  const unknown = trips.flatMap(({target, problem}) =>
    problem === undefined ? [] : [`How far away ${target} is, is not known: ${problem}.`],
  );
  return [...sentences, ...unknown];
}

const tripText = (ms: number): string => `${ms < 10 ? ms : Math.round(ms)} ms`;
