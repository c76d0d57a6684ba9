import {expect, test} from 'vitest';
import {removedModes, withoutModes} from '../../../steps/mysql/copy/removed-mode.ts';

const dump = [
  "INSERT INTO `t` VALUES (1,'NO_AUTO_CREATE_USER'),(2,'/*!50003 SET sql_mode = \\'NO_AUTO_CREATE_USER\\'');",
  '/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;',
  "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION' */ ;",
  "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER' */ ;",
  "/*!50003 SET sql_mode              = 'NO_AUTO_CREATE_USER,ANSI' */ ;",
  "/*!50003 SET sql_mode              = 'NO_AUTO_CREATE_USER' */ ;",
  'CREATE PROCEDURE `p`() SELECT "NO_AUTO_CREATE_USER ä" ;;',
  '',
  '/*!50003 SET sql_mod',
].join('\n');

test('a mode that MySQL 8.0 refuses is taken out of what sets it, and of nothing else, however the dump is cut into pieces', () => {
  const bytes = Buffer.from(dump);
  for (const size of [1, 2, 3, 7, 22, 23, 64, 1_000]) {
    const mode = withoutModes(removedModes);
    const pieces = Array.from({length: Math.ceil(bytes.length / size)}, (_, index) =>
      mode.feed(bytes.subarray(index * size, (index + 1) * size)),
    );
    expect(Buffer.concat([...pieces, mode.rest()]).toString(), `pieces of ${size}`).toBe(
      dump
        .replace(',NO_AUTO_CREATE_USER,NO_ENGINE', ',NO_ENGINE')
        .replace("TABLES,NO_AUTO_CREATE_USER'", "TABLES'")
        .replace("'NO_AUTO_CREATE_USER,ANSI'", "'ANSI'")
        .replace("= 'NO_AUTO_CREATE_USER' */", "= '' */"),
    );
  }
});
