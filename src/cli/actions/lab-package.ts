import type {LabVariables} from '../../inventory/inventory.ts';
import {type Problem, problemsIn, SwitcharooError} from '../../model/problem.ts';
import type {App} from '../app.ts';

type LabPackage = typeof import('@switcharoo/lab');

/** Loads the lab, a package of its own that a production install does not have. */
export async function loadLab(): Promise<LabPackage> {
  try {
    return await import('@switcharoo/lab');
  } catch (cause) {
    throw isMissing(cause) ? new SwitcharooError(labNotInstalled(), {cause}) : cause;
  }
}

/** What the lab of this machine would be like, to plan with it; `undefined` while one is up, or none is installed. */
export async function nextLabOf({state}: Pick<App, 'state'>): Promise<LabVariables | undefined> {
  const lab = await loadLab().catch((error: unknown) => {
    if (problemsIn(error).some(({code}) => code === 'lab-not-installed')) {
      return undefined;
    }
    throw error;
  });
  return lab?.findLab(state.path) ? undefined : lab?.variablesOfNextLab();
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
