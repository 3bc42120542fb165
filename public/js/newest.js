// Answers may overtake one another: what says of which version it tells ("data-version") isn't replaced by what was told of an older one.
document.addEventListener('htmx:before:swap', ({ detail: { tasks } }) => {
  const isOlder = ({ target, fragment }) => Number(fragment.firstElementChild?.dataset.version) < Number(target?.dataset?.version)
  for (const task of tasks.filter(isOlder)) tasks.splice(tasks.indexOf(task), 1)
})

// A notice that an entry of the feed changed may come before the entry does, which was read before it changed: it is told once it stands there.
{
  const early = new Set()
  document.addEventListener('htmx:sse:after:message', ({ detail: { message: { event = '' } } }) => {
    if (event.startsWith('changed-') && !document.getElementById(event.replace('changed', 'event'))) early.add(event)
  })
  document.addEventListener('htmx:after:init', ({ target }) => {
    const notice = target.getAttribute('id')?.replace('event', 'changed') // a form's id may be one of its fields
    if (early.delete(notice)) htmx.trigger('#stream', notice)
  })
}
