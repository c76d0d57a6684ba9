import type {RunMarker} from '../contract.ts';

/** The marker as a part of a file name. */
export const markerName = ({id, entry}: RunMarker): string => `${fileSafe(id)}-${fileSafe(entry)}`;

/** The folder in which a run and entry keep what they replace on a host. */
export const keptFolder = (root: string, marker: RunMarker): string =>
  `${keptOfRun(root, marker)}/${fileSafe(marker.entry)}`;

/** The folder of all entries of a run. */
export const keptOfRun = (root: string, {id}: RunMarker): string =>
  `${keptOfAll(root)}/${fileSafe(id)}`;

/** The folder of all runs. */
export const keptOfAll = (root: string): string => `${root}/var/lib/switcharoo`;

const fileSafe = (text: string) => text.replace(/[^\w.-]/g, '_');
