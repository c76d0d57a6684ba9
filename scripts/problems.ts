import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseAst} from 'vitest/node';

/** A problem as the sources write it, with `{name}` for each fact. */
export interface Template {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The file that has it, and the declaration at the top of that file in which it is made. */
  readonly file: string;
  readonly madeBy: string;
}

// What is read here of a syntax tree; every node has at least its type.
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['bin', 'src', 'steps', 'lab'];
export const problemsFile = join(root, 'docs', 'problems.md');

const head = `# Every problem, by its code

Each failure has a permanent \`code\`. Search this page for the code on your screen.
Each section shows the printed sentence, with \`{names}\` in place of your facts, and what to do next.
This page is generated from the sources. To update it: \`UPDATE_GOLDEN=1 npx vitest run test/docs\`.
`;

/** The whole page, one section for each code. */
export function problemsPage(all = templates()): string {
  const byCode = grouped(all);
  const codes = [...byCode.keys()].sort();
  return [head, ...codes.map((code) => sectionOf(code, byCode.get(code) ?? []))].join('\n');
}

/** Every object of the sources that has a literal `code`, a `message` and a `hint`. */
export function templates(): readonly Template[] {
  return sourceFiles().flatMap((file) => {
    const tree: unknown = parseAst(readFileSync(file, 'utf8'), {lang: 'ts'});
    return isNode(tree)
      ? nodeList(tree['body']).flatMap((statement) => {
          const made = {file: relative(root, file), madeBy: declaredName(statement)};
          return nodesIn(statement).flatMap((node) =>
            textsIn(node).map((texts) => ({...texts, ...made})),
          );
        })
      : [];
  });
}

/** The problems that are made and never used: nothing prints them. */
export function unusedTemplates(all = templates()): readonly Template[] {
  const sources = sourceFiles().map((file) => readFileSync(file, 'utf8'));
  return all.filter(({madeBy}) => {
    const uses = new RegExp(`(?<![\\w.])${madeBy}\\b`, 'g');
    const count = sources.reduce((sum, text) => sum + (text.match(uses)?.length ?? 0), 0);
    return count < 2;
  });
}

/** The name that a statement at the top of a file declares. */
function declaredName(statement: Node): string {
  const declaration = isNode(statement['declaration']) ? statement['declaration'] : statement;
  const [variable = declaration] = nodeList(declaration['declarations']);
  const {id} = variable;
  return isNode(id) ? String(id['name']) : '';
}

function sourceFiles(): readonly string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.ts') || file === 'switcharoo.js')
      .sort()
      .map((file) => join(root, room, file)),
  );
}

function nodesIn(value: unknown): readonly Node[] {
  if (Array.isArray(value)) {
    return value.flatMap(nodesIn);
  }
  if (!isNode(value)) {
    return [];
  }
  return [value, ...Object.values(value).flatMap(nodesIn)];
}

function textsIn(node: Node): readonly Pick<Template, 'code' | 'message' | 'hint'>[] {
  if (node.type !== 'ObjectExpression') {
    return [];
  }
  const [code, message, hint] = ['code', 'message', 'hint'].map((name) => memberOf(node, name));
  return code && message && hint
    ? literalsOf(code).map((text) => ({
        code: text,
        message: textOf(message),
        hint: textOf(hint),
      }))
    : [];
}

function memberOf(object: Node, name: string): Node | undefined {
  const member = nodeList(object['properties']).find(
    ({type, key}) => type === 'Property' && isNode(key) && key['name'] === name,
  );
  return isNode(member?.['value']) ? member['value'] : undefined;
}

/** A code is a literal, or a choice of two literals. Any other expression hands on a code from elsewhere. */
function literalsOf(node: Node): readonly string[] {
  if (node.type === 'ConditionalExpression') {
    return [node['consequent'], node['alternate']].filter(isNode).flatMap(literalsOf);
  }
  return node.type === 'Literal' ? [String(node['value'])] : [];
}

/** An expression that makes a text, as a template. */
function textOf(node: Node): string {
  switch (node.type) {
    case 'Literal':
      return String(node['value']);
    case 'TemplateLiteral':
      return templateText(nodeList(node['quasis']), nodeList(node['expressions']));
    case 'ObjectExpression': {
      // A hint with a command: the sentence, then the command.
      const [text, command] = ['text', 'command'].map((name) => memberOf(node, name));
      return `${text ? textOf(text) : ''}${command ? `: \`switcharoo ${textOf(command)}\`` : ''}`;
    }
    case 'BinaryExpression':
      return node['operator'] === '+' && isText(node)
        ? `${textOfMember(node, 'left')}${textOfMember(node, 'right')}`
        : `{${factName(node)}}`;
    case 'ConditionalExpression':
      return eitherText(textOfMember(node, 'consequent'), textOfMember(node, 'alternate'));
    case 'CallExpression':
      return isNode(node['callee']) && node['callee']['name'] === 'didYouMean'
        ? '(Did you mean …?) '
        : `{${factName(node)}}`;
    default:
      return `{${factName(node)}}`;
  }
}

const textOfMember = (node: Node, key: string): string =>
  isNode(node[key]) ? textOf(node[key]) : '';

/** Whether an expression is known to make a text: a `+` of numbers does not. */
function isText(value: unknown): boolean {
  if (!isNode(value)) {
    return false;
  }
  switch (value.type) {
    case 'Literal':
      return typeof value['value'] === 'string';
    case 'TemplateLiteral':
      return true;
    case 'BinaryExpression':
      return isText(value['left']) || isText(value['right']);
    default:
      return false;
  }
}

function templateText(quasis: readonly Node[], expressions: readonly Node[]): string {
  return quasis
    .map((quasi, index) => {
      // As ESTree describes it (TemplateElement).
      const {cooked = ''} = quasi['value'] as {cooked?: string};
      const expression = expressions[index];
      return `${cooked}${expression ? textOf(expression) : ''}`;
    })
    .join('');
}

const eitherText = (first: string, second: string): string =>
  first === '' || second === '' ? `(${first}${second})` : `(${first} / ${second})`;

/** Objects of the language itself: a call on one is about its first argument. */
const languageObjects = new Set(['Buffer', 'JSON', 'Math', 'Number', 'Object', 'String', 'Array']);

/** What an expression shows, in words: the value that a call is about, or the total of a sum. */
function factName(node: Node): string {
  const next = (key: string) => (isNode(node[key]) ? factName(node[key]) : 'value');
  switch (node.type) {
    case 'Identifier':
      return inWords(String(node['name']));
    case 'Literal':
      return String(node['value']);
    case 'MemberExpression': {
      const property = next('property');
      return property === 'name' || property === 'length' || property === 'message'
        ? next('object')
        : property;
    }
    case 'NewExpression':
    case 'CallExpression': {
      const {callee} = node;
      const [first] = nodeList(node['arguments']);
      const receiver = isNode(callee) && callee.type === 'MemberExpression' && callee['object'];
      return isNode(receiver) && !languageObjects.has(String(receiver['name']))
        ? factName(receiver)
        : first
          ? factName(first)
          : next('callee');
    }
    case 'ArrayExpression': {
      const [first] = nodeList(node['elements']);
      return first ? factName(first) : 'values';
    }
    case 'SpreadElement':
      return next('argument');
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return next('expression');
    case 'LogicalExpression':
      return next('left');
    case 'BinaryExpression':
      return node['operator'] === '+' && isNode(node['right']) && node['right'].type !== 'Literal'
        ? 'total'
        : next('left');
    default:
      return 'value';
  }
}

/** `statementLimitMs` is "statement limit": the sentence has the unit. */
const inWords = (name: string): string =>
  name
    .replace(/(Ms|Utc)$/, '')
    .replace(/([a-z0-9])([A-Z])/g, (_both, before, after) => `${before} ${after.toLowerCase()}`);

function grouped(all: readonly Template[]): ReadonlyMap<string, readonly Template[]> {
  const groups = new Map<string, Template[]>();
  for (const template of all) {
    groups.set(template.code, [...(groups.get(template.code) ?? []), template]);
  }
  return groups;
}

function sectionOf(code: string, all: readonly Template[]): string {
  const variants = new Map(
    all.map((template) => [`${template.message}\n${template.hint}`, template]),
  );
  const texts = [...variants.values()].map(
    ({message, hint}) => `> ${escaped(message)}\n\n${escaped(hint)}\n`,
  );
  return `## ${code}\n\n${texts.join('\n')}`;
}

/** Text between backticks stays as it is in Markdown. */
const escaped = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/[*_<>]/g, '\\$&') : part))
    .join('`')
    .replaceAll(/\s*\n\s*/g, ' ');

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

const nodeList = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.filter(isNode) : [];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(problemsFile, problemsPage());
}
