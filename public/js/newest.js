// Answers may overtake one another: what stands beside the part that was saved ("data-version") isn't replaced by what was told of an older version.
document.addEventListener('htmx:before:swap', ({ detail: { tasks } }) => {
  const isOlder = ({ type, target, fragment }) => type === 'partial' && Number(fragment.firstElementChild?.dataset.version) < Number(target?.dataset?.version)
  for (const task of tasks.filter(isOlder)) tasks.splice(tasks.indexOf(task), 1)
})
