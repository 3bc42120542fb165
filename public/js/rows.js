// Small conveniences for forms; everything they do has a way without them.
(() => {
  document.addEventListener('click', event => {
    const drop = event.target.closest('[data-drop], [data-drop-closest]')
    if (drop) {
      event.preventDefault()
      const gone = drop.dataset.drop ? document.querySelector(drop.dataset.drop) : drop.closest(drop.dataset.dropClosest)
      gone?.remove()
    }
  })

  // Enter in an input with its own button presses that button, not the form's.
  document.addEventListener('keydown', event => {
    const { enter, comma } = event.target.dataset ?? {}
    const button = event.key === 'Enter' || (event.key === ',' && comma !== undefined) ? enter : undefined
    if (!button) {
      // In a part that saves itself Enter saves that part, and the cursor stays.
      if (event.key === 'Enter' && event.target.matches('input:not([type=checkbox], [type=radio])') && event.target.closest('[hx-post][hx-trigger^=change]')) {
        event.preventDefault()
        event.target.dispatchEvent(new Event('change', { bubbles: true }))
      }
      return
    }
    event.preventDefault()
    document.querySelector(button)?.click()
  })

  // What is written on while what was sent is on its way doesn't go with it.
  let writtenOn
  document.addEventListener('htmx:before:swap', ({ detail: { ctx, tasks } }) => {
    const form = ctx.sourceElement, box = form.matches?.('form.write') && form.elements.body
    writtenOn = box && ctx.request.method === 'POST' && box.value !== ctx.request.body?.get('body') ? box.value : undefined
    if (writtenOn === undefined) return
    // A comment that is being edited: its form stays, to be saved again.
    const entry = tasks.find(({ target }) => target !== form && target?.contains(form))
    if (entry) tasks.splice(tasks.indexOf(entry), 1)
  })
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    const box = writtenOn !== undefined && ctx.sourceElement.elements?.body
    if (box) box.value = writtenOn
    writtenOn = undefined
  })

  // A boosted visit replaces the body alone; the page may be in another language now (signing in and out, the first run).
  document.addEventListener('htmx:after:swap', () => { document.documentElement.lang = document.body.lang })

  // Of many saved views the open one is in sight.
  const showTab = () => {
    const tab = document.querySelector('.views [aria-current]')
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40
  }
  addEventListener('DOMContentLoaded', showTab)
  document.addEventListener('htmx:after:swap', showTab)

  // One menu open at a time; a press elsewhere or Escape closes it.
  const closeMenus = except => document.querySelectorAll('details.menu[open]').forEach(menu => { if (!menu.contains(except)) menu.open = false })
  document.addEventListener('click', event => closeMenus(event.target))
  document.addEventListener('keydown', ({ key, target }) => {
    if (key !== 'Escape') return
    target.closest?.('details.menu[open]')?.querySelector('summary').focus() // not left in what isn't there any more
    closeMenus(null)
  })
  document.addEventListener('focusin', ({ target }) => closeMenus(target)) // it would cover what is tabbed to

  // Of a menu of statuses all is in sight, also once it asks why.
  const showMenu = menu => menu.scrollIntoView({ block: 'nearest' })
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => { if (ctx.target?.matches?.('.move > div')) showMenu(ctx.target) })
  document.addEventListener('toggle', ({ target }) => { if (target.matches?.('.move[open] details[open]')) showMenu(target.closest('.move > div')) }, true)
})()
