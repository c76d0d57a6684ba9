// Finds sections by the words in the address, then by what is typed. No page is asked of any server: the index is a
// script, so that it works from a disk too.
const index = new MiniSearch({
  fields: ['title', 'page', 'text'],
  storeFields: ['url', 'page', 'title', 'text'],
  searchOptions: {
    boost: {title: 6, page: 2},
    prefix: true,
    fuzzy: (word) => (word.length > 5 ? 0.2 : false),
    combineWith: 'AND',
  },
});
index.addAll(globalThis.sections);

const input = document.querySelector('header input');
const list = document.querySelector('.results');
const count = document.querySelector('.count');

const show = () => {
  const query = input.value.trim();
  const found = query === '' ? [] : index.search(query);
  count.textContent =
    query === ''
      ? 'Type one or more words into the search field.'
      : `Sections found for "${query}": ${found.length}.`;
  list.replaceChildren(...found.slice(0, 40).map(itemOf));
};

const itemOf = ({url, page, title, text, terms}) => {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = url;
  link.textContent = title === page ? title : `${page}: ${title}`;
  const excerpt = document.createElement('p');
  excerpt.append(...excerptOf(text, terms));
  item.append(link, excerpt);
  return item;
};

/** The words around the first hit, with each hit marked. */
const excerptOf = (text, terms) => {
  const lower = text.toLowerCase();
  const hits = terms.map((term) => lower.indexOf(term)).filter((at) => at >= 0);
  const start = Math.max(0, Math.min(...hits, text.length) - 60);
  const part = text.slice(hits.length === 0 ? 0 : start, (hits.length === 0 ? 0 : start) + 220);
  const words = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return part.split(new RegExp(`(${words.join('|')})`, 'i')).map((piece, at) => {
    if (at % 2 === 0) {
      return piece;
    }
    const mark = document.createElement('mark');
    mark.textContent = piece;
    return mark;
  });
};

input.value = new URLSearchParams(location.search).get('q') ?? '';
input.addEventListener('input', show);
document.querySelector('header form').addEventListener('submit', (event) => event.preventDefault());
show();
