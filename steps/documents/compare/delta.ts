import type {FileTree, TreeFile} from '../../hosts/index.ts';
import type {StoredObject} from '../../s3/index.ts';

/**
 * The clock of S3 is known to a minute, and there is a login before the host tells its own. A file that changed so
 * short before it was copied is copied again.
 */
const marginMs = 90_000;

/**
 * The files that the bucket does not have, or has from before their last change. `aheadMs`: how far the clock of S3 is
 * ahead of the host's.
 */
export function changedFiles(
  {files}: FileTree,
  objects: readonly StoredObject[],
  prefix: string,
  aheadMs: number,
): readonly TreeFile[] {
  const byKey = new Map(objects.map((object) => [object.key, object]));
  return files.filter(({path, bytes, changedMs}) => {
    const object = byKey.get(`${prefix}${path}`);
    return object?.bytes !== bytes || changedMs + aheadMs + marginMs >= object.modified.getTime();
  });
}
