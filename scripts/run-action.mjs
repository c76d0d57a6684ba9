// scripts/run-action.mjs WORKFLOW [NAME=VALUE...]: runs what a step of a workflow that uses ./node_modules/switcharoo
// would run, in this folder. NAME=VALUE sets what is an expression in the workflow, such as vars.PLAN_INVENTORY.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {load} from 'js-yaml';

const [workflow = '', ...settings] = process.argv.slice(2);
const values = new Map(settings.map((each) => each.split(/=(.*)/s)));
const action = resolve('node_modules/switcharoo');
const {inputs, runs} = load(readFileSync(join(action, 'action.yml'), 'utf8'));
const {jobs} = load(readFileSync(workflow, 'utf8'));
const uses = Object.values(jobs)
  .flatMap(({steps}) => steps)
  .filter((step) => step.uses === './node_modules/switcharoo');
if (uses.length === 0) {
  throw new Error(`no step of ${workflow} uses ./node_modules/switcharoo`);
}

/** The value of `${{ … }}`, as the runner puts it in. */
const filled = (text, known) =>
  String(text).replace(/\$\{\{ *(.*?) *\}\}/g, (_, expression) => {
    const value = known.get(expression);
    if (value === undefined) {
      throw new Error(`${expression} has no value: add ${expression}=VALUE`);
    }
    return value;
  });

for (const step of uses) {
  const unknown = Object.keys(step.with).filter((name) => !(name in inputs));
  if (unknown.length > 0) {
    throw new Error(`action.yml has no input ${unknown.join(', ')}`);
  }
  const given = Object.entries(inputs).map(([name, {default: usual = ''}]) => [
    `inputs.${name}`,
    filled(step.with[name] ?? usual, values),
  ]);
  for (const {run, env, 'working-directory': folder} of runs.steps) {
    const known = new Map(given);
    const environment = Object.entries(env).map(([name, text]) => [name, filled(text, known)]);
    const {status} = spawnSync('bash', ['-c', run], {
      cwd: filled(folder, known),
      env: {...process.env, ...Object.fromEntries(environment), GITHUB_ACTION_PATH: action},
      stdio: 'inherit',
    });
    if (status !== 0) {
      process.exit(status ?? 1);
    }
  }
}
