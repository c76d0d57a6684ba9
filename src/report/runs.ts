import {appliedEntries, type Progress} from '../model/progress.ts';
import {changingHands} from './changing-hands.ts';
import {type HolderName, outcomeSign} from './holder-text.ts';
import {counted, momentUtc, outcomeSigns, painted, type TextOptions} from './labels.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';

interface RunsOptions extends TextOptions {
  /** Who holds each run. Without it nobody can tell whether an unfinished run is interrupted. */
  readonly holderOf?: (run: string) => HolderName | undefined;
}

/** All runs of a state folder, newest last: what each one is, its outcome, and its changes in place. */
export function runsText(runs: readonly Progress[], options: RunsOptions): string {
  if (runs.length === 0) {
    return 'No runs yet.';
  }
  const rows = runs.map((progress) => rowOf(progress, options));
  const columns = [0, 1, 2, 3].map((at) =>
    Math.max(...rows.map((row) => widthOf(row[at]?.text ?? ''))),
  );
  return rows
    .flatMap((row) =>
      flow(
        row.flatMap((cell, at): Piece[] => [
          cell,
          at < row.length - 1 ? pad('', (columns[at] ?? 0) - widthOf(cell.text) + 2) : '',
        ]),
        {width: options.width, rest: '    '},
      ),
    )
    .join('\n');
}

type Cell = Exclude<Piece, string>;

function rowOf(progress: Progress, {paint, holderOf}: RunsOptions): readonly Cell[] {
  const {run, outcome, startedAt} = progress;
  const sign = holderOf ? outcomeSign(progress, holderOf(run.run)) : outcomeSigns[outcome];
  const changes = appliedEntries(progress).length;
  const isGone = run.rehearsal && outcome === 'done';
  const changesText =
    changes === 0 || isGone ? 'no changes in place' : `${counted(changes, 'change')} in place`;
  const notes = [changesText, ...changingHands(progress, null).map(({short}) => short)].join('; ');
  return [
    {text: run.run, paint: paint.bold},
    {text: `${sign.symbol} ${sign.word}`, paint: (text) => painted(paint, sign.colour, text)},
    {text: `${run.runbook.name} on ${run.inventory.name}`, paint: asIs},
    {
      text: momentUtc(startedAt),
      paint: paint.dim,
    },
    {text: run.rehearsal ? `rehearsal, ${notes}` : notes, paint: asIs},
  ];
}

const asIs = (text: string): string => text;
