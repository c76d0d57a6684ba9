import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lawsOfRunbook, openTarget} from 'switcharoo/testing';
import maintenance from './maintenance.ts';
import {maintenancePage} from './show-maintenance-page.ts';

lawsOfRunbook({
  runbook: maintenance,
  params: {pageText: 'Back at six.'},
  world: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'maintenance-'));
    const path = join(folder, 'page.html');
    return {
      sessions: {shopPage: await openTarget(maintenancePage, {path})},
      picture: async () => (existsSync(path) ? readFileSync(path, 'utf8') : 'the site itself'),
      close: async () => rmSync(folder, {recursive: true}),
    };
  },
});
