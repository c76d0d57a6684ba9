import {existsSync, readFileSync} from 'node:fs';

/** The folder of package.json: one up from here, or two when compiled. */
export const packageRoot: URL =
  [new URL('../', import.meta.url), new URL('../../', import.meta.url)].find((folder) =>
    existsSync(new URL('package.json', folder)),
  ) ?? new URL('../', import.meta.url);

export const version: string = versionIn(new URL('package.json', packageRoot));

function versionIn(file: URL): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : 'unknown';
  } catch {
    return 'unknown';
  }
}
