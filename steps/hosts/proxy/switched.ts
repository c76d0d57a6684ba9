import {type Blocked, blocked} from '../../../src/index.ts';
import type {ProxyState, RunMarker} from '../contract.ts';
import {keptFolder} from '../files/run-marker.ts';
import type {PerHost} from '../group/per-host.ts';
import {sha256OfText} from './proxy.ts';

// A file whose text an entry switches, with the original kept on the host.

interface Switched {
  readonly file: string;
  readonly text: string;
}

export const isWritten =
  ({text}: Pick<Switched, 'text'>) =>
  ({inPlace}: ProxyState): boolean =>
    inPlace?.sha256 === sha256OfText(text);

export const isOriginal = ({inPlace, kept}: ProxyState): boolean =>
  inPlace?.sha256 === kept?.sha256;

/** Another text than this entry's and the original: it must not be overwritten. */
export function editObstacle(
  files: PerHost<ProxyState>,
  switched: Switched,
  run: RunMarker,
): Blocked | null {
  const edited = files.find(
    ({value}) => value.kept !== null && !isOriginal(value) && !isWritten(switched)(value),
  );
  return edited === undefined
    ? null
    : blocked(
        `${switched.file} on ${edited.host} is neither the text of this run nor the original.`,
        `Save that edit elsewhere, then run on ${edited.host}: cp -p ${keptFolder('', run)}/proxy-file ${switched.file}`,
      );
}
