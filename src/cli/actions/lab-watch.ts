import type {WatchReport} from '@switcharoo/lab';
import type {Problem} from '../../model/problem.ts';

/** What a run that is over says of itself, as far as its end is compared with the lab. */
type End = 'done' | 'reversed' | 'other';

/** What must never happen in a cutover, and happened in the lab; whatever the run says of itself. */
export function violationsIn({sides, overheld, held}: WatchReport, end: End): readonly Problem[] {
  const {source, aurora} = sides.accepts;
  const refusing =
    end === 'reversed'
      ? source === false && 'the source refuses'
      : end === 'done' && source === false && aurora === false && 'the source and Aurora refuse';
  return [
    ...sides.bothWritable.map(bothSidesWritable),
    ...overheld.map(holdOutlasted),
    ...(end === 'other' ? [] : held.map(holdLeft)),
    ...(refusing ? [writesRefusedAtEnd(refusing, end)] : []),
  ];
}

const bothSidesWritable = ({
  fromUtc,
  ms,
  opened,
}: WatchReport['sides']['bothWritable'][number]): Problem => {
  const [second, first] = opened === 'aurora' ? ['Aurora', 'the source'] : ['the source', 'Aurora'];
  return {
    code: 'both-sides-writable',
    message: `Both sides accepted the application's writes at ${fromUtc}, for at least ${ms} ms: ${second} was opened while ${first} accepted them.`,
    hint,
  };
};

const holdOutlasted = ({host, port, ms, boundMs}: WatchReport['overheld'][number]): Problem => ({
  code: 'hold-outlasted',
  message: `${host} held new connections to port ${port} for ${ms} ms; its bound is ${boundMs} ms.`,
  hint,
});

const holdLeft = (host: string): Problem => ({
  code: 'hold-left',
  message: `${host} still holds new connections, although the run is over.`,
  hint,
});

const writesRefusedAtEnd = (refusing: string, end: End): Problem => ({
  code: 'writes-refused-at-end',
  message: `The run is ${end}, but ${refusing} the application's writes (read_only = ON).`,
  hint,
});

/** Nothing shows that the copy is equal, so a rehearsal must not end as if it were. */
export const rowsNotCompared = ({
  database,
  because,
}: {
  readonly database: string;
  readonly because: string;
}): Problem => ({
  code: 'rows-not-compared',
  message: `The rows of the lab's databases were not compared, because ${database} did not answer: ${because}.`,
  hint: {
    text: `If the runbook stops ${database}, rehearse the runbook without that entry. Otherwise keep the lab (rehearse --keep), and check ${database} with`,
    command: 'lab status',
  },
});

const hint =
  'Do not run this runbook on production. The journal of the rehearsal shows what was done when.';
