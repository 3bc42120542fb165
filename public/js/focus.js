// Whoever works by keyboard or ear stays where they were. What an answer replaces or takes away may have had the focus: it goes to what stands there now,
// or to what comes next. Of a page it goes to the first field that is wrong, to what was pressed where the page is still the same (a sorted list), when going
// back to what led away, and else to the title, which is then read out: the browser does so for a page it loads, not for one that htmx shows.
(() => {
  const REACHED = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]'
  const WRITTEN = 'input:not([type=checkbox], [type=radio]), textarea, select' // on a phone the keyboard would come up
  const asked = new WeakMap(), lefts = new Map()
  let place, here = location.href, byHand = false

  document.addEventListener('pointerdown', () => { byHand = true }, true)
  document.addEventListener('keydown', () => { byHand = false }, true)
  document.addEventListener('click', ({ detail }) => { if (detail === 0) byHand = false }, true) // a screen reader's

  const isReached = one => one.isConnected && !one.disabled && one.tabIndex >= 0 && one.getClientRects().length > 0
  const reached = within => [...within.querySelectorAll(REACHED)].filter(isReached)
  const words = one => (one.getAttribute('aria-label') ?? one.textContent).trim()
  const areAlike = (one, other) => one.localName === other.localName && one.type === other.type && one.name === other.name && words(one) === words(other) && (one.localName !== 'button' || one.value === other.value)
  const title = () => document.querySelector('h1')?.textContent.trim()

  const placeOf = element => {
    if (!element || element === document.body) return null
    const ids = []
    for (let one = element; one; one = one.parentElement) if (one.getAttribute('id')) ids.push(one.getAttribute('id')) // a form's own id may be hidden by a field of that name
    const all = [...document.querySelectorAll(REACHED)], at = all.indexOf(element)
    return { element, ids, after: all.slice(at + 1), before: all.slice(0, Math.max(at, 0)), inMenu: element.closest('.menu > div') !== null, title: title(), href: element.getAttribute('href') }
  }

  const findAgain = ({ element, ids, after, before, inMenu }) => {
    const id = ids.find(id => document.getElementById(id)), within = document.getElementById(id)
    if (element.isConnected) return isReached(element) ? element : null
    if (within && element.id === id) return within
    const same = within && reached(within).find(one => areAlike(one, element))
    if (same) return same
    const row = document.getElementById(ids.find(id => document.getElementById(id)?.matches('li, tr, .menu')))
    const others = row ? reached(row) : []
    const fits = one => isReached(one) && !(byHand && one.matches(WRITTEN))
    return [...inMenu ? others.filter(one => one.matches('summary')) : [], ...others, ...after].find(fits) ?? before.findLast(fits)
  }

  const isPage = ctx => ctx.target === document.body
  const isLost = () => !document.activeElement || document.activeElement === document.body

  document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => { asked.set(ctx, placeOf(document.activeElement)) })

  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => {
    place = placeOf(document.activeElement) ?? asked.get(ctx) // a button that is disabled while it waits loses the focus
    if (!isPage(ctx)) return
    lefts.delete(here)
    lefts.set(here, place)
    if (lefts.size > 50) lefts.delete(lefts.keys().next().value)
  })

  document.addEventListener('htmx:finally:swap', ({ detail: { ctx } }) => {
    if (isPage(ctx)) arrive(ctx)
    else if (place && isLost() && !place.element.isConnected) findAgain(place)?.focus({ preventScroll: byHand })
    place = null
    here = location.href
  })

  const arrive = ({ request }) => {
    const wrong = [...document.querySelectorAll('main [aria-invalid=true], main .conflicts [type=radio]')].find(isReached)
    if (wrong) return wrong.focus()
    if (!isLost()) return // it has a field to begin in
    const left = request.headers['HX-History-Restore-Request'] && lefts.get(location.href)
    const again = left ? reached(document).filter(one => areAlike(one, left.element) && one.getAttribute('href') === left.href)
      : place && title() === place.title && !place.element.matches('[rel=next], [rel=prev]') ? reached(document).filter(one => one.id && one.id === place.element.id || areAlike(one, place.element)) : []
    if (left ? again.length > 0 : again.length === 1) return again[0].focus({ preventScroll: true }) // of several it may be another's
    const head = document.querySelector('main h1') ?? document.querySelector('main')
    head?.setAttribute('tabindex', '-1')
    head?.focus({ preventScroll: true })
  }

  // What was disabled while it waited and is still there.
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    const element = asked.get(ctx)?.element
    if (element?.disabled) setTimeout(() => { if (isLost() && isReached(element)) element.focus({ preventScroll: true }) })
  })
})()
