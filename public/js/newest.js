// Answers may overtake one another: what says of which version it tells ("data-version") isn't replaced by what was told of an older one.
document.addEventListener('htmx:before:swap', ({ detail: { tasks } }) => {
  const isOlder = ({ target, fragment }) => Number(fragment.firstElementChild?.dataset.version) < Number(target?.dataset?.version)
  for (const task of tasks.filter(isOlder)) tasks.splice(tasks.indexOf(task), 1)
})
