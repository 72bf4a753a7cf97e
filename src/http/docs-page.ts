/* The page at /docs: the document at /openapi.json for people, made by a script of a few dozen lines and no library. */

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>offerd API</title>
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" defer></script>
</head>
<body>
<header><h1>offerd API</h1><p id="about">Reading <a href="/openapi.json">/openapi.json</a>…</p></header>
<nav id="contents" aria-label="Routes"></nav>
<main id="routes"></main>
</body>
</html>
`

/** What browsers show beside the title of every page of the service, without being asked to. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f6e5c"/>' +
  '<circle cx="16" cy="16" r="8" fill="none" stroke="#fff" stroke-width="4"/><circle cx="23" cy="9" r="4" fill="#ffc24b"/></svg>'

export const STYLE = `
:root { color-scheme: light dark; --line: #8886; --soft: #8882 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem }
nav ul { columns: 2; list-style: none; padding: 0 }
article { border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; padding: .5rem 1rem }
code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { background: var(--soft); border-radius: .3rem; overflow-x: auto; padding: .6rem }
table { border-collapse: collapse; width: 100% }
th, td { border-top: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top }
.method { font-weight: 700; margin-right: .5rem }
@media (max-width: 40rem) { nav ul { columns: 1 } }
`

/** Writes text nodes only, so that nothing in the document can become markup. */
export const SCRIPT = `'use strict'

function element (name, content, attributes) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value)
  for (const part of [].concat(content === undefined ? [] : content)) made.append(part)
  return made
}

function json (value) {
  return element('pre', JSON.stringify(value, null, 2))
}

function fold (title, value) {
  return element('details', [element('summary', title), json(value)])
}

function table (heads, rows) {
  const cells = (name, row) => element('tr', row.map(cell => element(name, cell)))
  return element('table', [element('thead', cells('th', heads)), element('tbody', rows.map(row => cells('td', row)))])
}

function typeOf (schema) {
  const bounds = ['minimum', 'maximum', 'default'].filter(key => schema[key] !== undefined)
  return schema.type + bounds.map(key => ', ' + key + ' ' + schema[key]).join('')
}

function resolve (api, value) {
  if (!value.$ref) return value
  return value.$ref.slice(2).split('/').reduce((part, step) => part[step], api)
}

function examples (title, content) {
  return Object.entries(content || {}).map(([type, media]) =>
    element('div', [element('p', [title + ' ', element('code', type)]),
      ...(media.example === undefined ? [] : [json(media.example)])]))
}

function schemas (api, content) {
  return Object.values(content || {}).slice(0, 1).map(media => fold('Schema', resolve(api, media.schema)))
}

function route (api, path, method, operation) {
  const parts = [element('h3', [element('span', method.toUpperCase(), { class: 'method' }), element('code', path)]),
    element('p', operation.summary + '. ' + operation.description)]
  if (operation.parameters.length > 0) {
    parts.push(table(['Parameter', 'In', 'Type', ''], operation.parameters.map(each =>
      [element('code', each.name), each.in, typeOf(each.schema), each.description || ''])))
  }
  const body = operation.requestBody && operation.requestBody.content
  parts.push(...examples('Body', body), ...schemas(api, body))
  const answers = Object.entries(operation.responses)
  for (const [status, answer] of answers.filter(([status]) => status < 400)) {
    parts.push(...examples('Answer ' + status, answer.content), ...schemas(api, answer.content))
  }
  const problems = answers.filter(([status]) => status >= 400).map(([status, answer]) => {
    const found = resolve(api, answer)
    return [status, element('code', found.content['application/problem+json'].example.code), found.description]
  })
  if (problems.length > 0) parts.push(table(['Status', 'Code', ''], problems))
  return element('article', parts, { id: operation.operationId })
}

function show (api) {
  document.getElementById('about').replaceChildren(api.info.description + ' Version ' + api.info.version + '. As data: ',
    element('a', '/openapi.json', { href: '/openapi.json' }), '.')
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
  const links = all.map(({ path, method, operation }) => element('li',
    element('a', method.toUpperCase() + ' ' + path, { href: '#' + operation.operationId })))
  document.getElementById('contents').append(element('ul', links))
  for (const { name } of api.tags) {
    const own = all.filter(({ operation }) => operation.tags.includes(name))
    document.getElementById('routes').append(element('h2', name),
      ...own.map(({ path, method, operation }) => route(api, path, method, operation)))
  }
}

fetch('/openapi.json')
  .then(answer => answer.json())
  .then(show)
  .catch(error => { document.getElementById('about').textContent = 'The document cannot be shown: ' + error })
`
