import type {RunMarker} from '../contract.ts';

/** The marker as a part of a file name. */
export const markerName = ({id, entry}: RunMarker): string => `${fileSafe(id)}-${fileSafe(entry)}`;

/** The folder in which a run and entry keep what they replace on a host. */
export const keptFolder = (root: string, {id, entry}: RunMarker): string =>
  `${root}/var/lib/switcharoo/${fileSafe(id)}/${fileSafe(entry)}`;

const fileSafe = (text: string) => text.replace(/[^\w.-]/g, '_');
