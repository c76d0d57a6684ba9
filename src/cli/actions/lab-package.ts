import {type Problem, SwitcharooError} from '../../model/problem.ts';

type LabPackage = typeof import('@switcharoo/lab');

/** Loads the lab, a package of its own that a production install does not have. */
export async function loadLab(): Promise<LabPackage> {
  try {
    return await import('@switcharoo/lab');
  } catch (cause) {
    throw isMissing(cause) ? new SwitcharooError(labNotInstalled(), {cause}) : cause;
  }
}

/** The lab itself is missing, not a package that it imports. */
const isMissing = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  cause.code === 'ERR_MODULE_NOT_FOUND' &&
  cause.message.includes("'@switcharoo/lab'");

const labNotInstalled = (): Problem => ({
  code: 'lab-not-installed',
  message: 'The lab is a package of its own, @switcharoo/lab, and is not installed.',
  hint: 'Install it with: npm install --save-dev @switcharoo/lab',
});
