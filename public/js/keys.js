// Keyboard: "/" to the search (of the clients, where a page has none), "n" opens the page's "new", arrows and Enter walk a list, Escape leaves a field.
(() => {
  const typing = element => element.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]')

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const { target, key } = event
    const rows = [...document.querySelectorAll('[data-walk] tbody tr a.name')]

    if (typing(target)) {
      if (key === 'Escape') target.blur()
      if (key === 'ArrowDown' && target.type === 'search' && rows.length > 0) {
        event.preventDefault()
        rows[0].focus()
      }
      return
    }
    const keyed = key === '/' || key === 'n' ? document.querySelector(`[data-key="${key}"]`) : null
    const list = key === '/' && !keyed && document.querySelector('.side a[href="/clients"]')
    if (list) {
      event.preventDefault()
      document.addEventListener('htmx:after:swap', () => document.querySelector('[data-key="/"]')?.focus(), { once: true })
      list.click()
      return
    }
    if (keyed) {
      event.preventDefault()
      if (keyed.matches('input')) keyed.select()
      else keyed.click()
      return
    }
    if ((key === 'ArrowDown' || key === 'ArrowUp') && rows.length > 0) {
      const at = rows.indexOf(document.activeElement)
      const next = rows[key === 'ArrowDown' ? at + 1 : at - 1]
      if (!next && key === 'ArrowUp') document.querySelector('[data-key="/"]')?.focus()
      if (next || at !== -1) event.preventDefault()
      next?.focus()
    }
  })
})()
