// Why a lead is lost, while somebody writes it into the menu of a row: when another moves, archives or deletes the lead meanwhile, the table stays as
// it is until the menu is closed, and says so there.
(() => {
  let isHeld = false
  const written = root => [...root.querySelectorAll('.move[open]')].filter(menu => [...menu.querySelectorAll('textarea')].some(({ value }) => value.trim() !== ''))

  const tell = form => {
    if (!form || form.querySelector('[role=alert]')) return
    const note = document.createElement('p')
    note.className = 'note warn flush'
    note.role = 'alert'
    note.textContent = form.dataset.gone
    form.prepend(note)
    form.scrollIntoView({ block: 'nearest' })
  }

  document.addEventListener('htmx:before:swap', ({ detail: { ctx, tasks } }) => {
    if (!ctx.sourceElement.matches?.('#list > [hx-trigger^=leads]')) return
    for (const task of tasks.filter(({ target }) => target?.id === 'leads')) {
      const gone = written(task.target).filter(({ id }) => !task.fragment.querySelector(`#${id}`))
      if (gone.length === 0) continue
      tasks.splice(tasks.indexOf(task), 1)
      isHeld = true
      for (const menu of gone) tell(menu.querySelector('.move-form'))
    }
  })

  // Saved, or given back above the table because the lead is no more: it is written no longer.
  document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
    const menu = [204, 404, 410].includes(ctx.response.status) && ctx.sourceElement.matches?.('.move-form') && ctx.sourceElement.closest('.move')
    if (menu) menu.open = false
  })

  document.addEventListener('toggle', ({ target }) => {
    if (!isHeld || target.open || !target.matches('.move')) return
    isHeld = false
    htmx.trigger(document.body, 'leads')
  }, true)
})()
