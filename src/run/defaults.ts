/** The folder of journals and locks, in the working directory. */
export const defaultStateFolder = '.switcharoo';
