/** The groups that a file of supervisord declares, and its programs that are in none of them. */
export function declaredIn(text: string): readonly string[] {
  const sections = [...text.matchAll(/^\[([\w-]+):([^\]\s]+)\]([^[]*)/gm)].map(
    ([, kind = '', name = '', body = '']) => ({kind, name, body}),
  );
  const groups = sections.filter(({kind}) => kind === 'group');
  const grouped = groups.flatMap(({body}) => membersIn(body));
  const alone = sections.filter(
    ({kind, name}) =>
      ['program', 'fcgi-program', 'eventlistener'].includes(kind) && !grouped.includes(name),
  );
  return [...groups, ...alone].map(({name}) => name);
}

/** `programs=a,b ; a remark` */
function membersIn(body: string): readonly string[] {
  const [, list = ''] = /^programs\s*[=:]((?:.*)(?:\n[ \t].*)*)/m.exec(body) ?? [];
  return list
    .replaceAll(/\s;.*$/gm, '')
    .split(',')
    .map((name) => name.trim());
}
