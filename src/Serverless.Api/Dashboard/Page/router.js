// Which view an address shows: `#/runs/ftjob-1?with=ftjob-2` is the view `runs` with the id `ftjob-1` and a query.

export function parse(hash = location.hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, ...rest] = path.split('/');
  return { name: name || 'runs', id: rest.length ? decodeURIComponent(rest.join('/')) : null, query: new URLSearchParams(query) };
}

/** The address of a view. Values of the query that are empty are left out. */
export function address(name, id = null, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(known).toString();
  return `#/${name}${id === null ? '' : `/${encodeURIComponent(id)}`}${text && `?${text}`}`;
}

export function go(name, id = null, query = {}) {
  location.hash = address(name, id, query);
}

/** Writes another query into the address without showing the view anew. */
export function note(name, id, query) {
  history.replaceState(null, '', address(name, id, query));
}
