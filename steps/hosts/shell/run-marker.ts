/** Which run and entry put something on a host: it is in the name of every file and chain that a step leaves there. */
export interface Mark {
  readonly id: string;
  readonly entry: string;
}

/** The mark as a part of a file name. */
export const markName = ({id, entry}: Mark): string => `${fileSafe(id)}-${fileSafe(entry)}`;

/** Where a run and entry keep what they replace on a host. */
export const keepFolder = (root: string, {id, entry}: Mark): string =>
  `${root}/var/lib/switcharoo/${fileSafe(id)}/${fileSafe(entry)}`;

const fileSafe = (text: string) => text.replace(/[^\w.-]/g, '_');
