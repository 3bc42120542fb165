/*
 * Drags rows of a list to another place, by mouse, pen or finger; "up" and "down" beside them do the same without it. The container has
 * data-order, each row data-moved with its id and a handle [data-grip]; where rows can go from list to list, each list has data-list
 * with its own. Let go, the form that data-order selects is sent with `moved` and `ahead_of` or `behind`; or, with data-place, the new
 * place is posted there as `section` and `before`, and the answer takes the place of what data-order selects.
 */
document.addEventListener('pointerdown', event => {
  const row = event.button === 0 && event.target.closest?.('[data-grip]')?.closest('[data-moved]')
  const container = row && row.closest('[data-order]')
  if (!container) return
  event.preventDefault()
  const { moved } = row.dataset
  const inner = [...container.querySelectorAll('[data-list]')]
  const lists = inner.length > 0 ? inner : [container]
  const rowsOf = list => [...list.querySelectorAll('[data-moved]')]
  const middle = element => { const { top, height } = element.getBoundingClientRect(); return top + height / 2 }
  let place = null

  // Where the pointer is: ahead of another row, or at the end of a list.
  const placeAt = y => {
    const list = lists.find(list => y < list.getBoundingClientRect().bottom) ?? lists.at(-1)
    const rows = rowsOf(list)
    const others = rows.filter(other => other !== row)
    const next = others.find(other => y < middle(other))
    const isThere = rows.includes(row) && rows.indexOf(row) === (next ? others.indexOf(next) : others.length)
    return isThere ? null : { list, next, last: others.at(-1) }
  }
  const mark = shown => {
    for (const [name, element] of [['drop-ahead', place?.next], ['drop-behind', place && !place.next && place.last], ['drop-into', place && !place.next && !place.last && place.list]]) {
      for (const marked of container.querySelectorAll(`.${name}`)) marked.classList.remove(name)
      if (shown && element) element.classList.add(name)
    }
    row.classList.toggle('dragged', shown)
  }
  const move = ({ clientY }) => {
    place = placeAt(clientY)
    mark(true)
    // A long list goes along.
    if (clientY < 60) scrollBy(0, -12)
    else if (clientY > innerHeight - 60) scrollBy(0, 12)
  }
  const end = isDropped => {
    removeEventListener('pointermove', move)
    removeEventListener('pointerup', drop)
    removeEventListener('pointercancel', cancel)
    removeEventListener('keydown', escape)
    mark(false)
    if (isDropped && place) send(container, moved, place)
  }
  const drop = () => end(true)
  const cancel = () => end(false)
  const escape = ({ key }) => { if (key === 'Escape') cancel() }
  addEventListener('pointermove', move)
  addEventListener('pointerup', drop)
  addEventListener('pointercancel', cancel)
  addEventListener('keydown', escape)
})

function send ({ dataset, elements }, moved, { list, next, last }) {
  if (dataset.place) {
    const values = { version: elements.version.value, section: list.dataset.list, before: next?.dataset.moved ?? '' }
    htmx.ajax('POST', `${dataset.place}/${moved}/place`, { target: dataset.order, swap: 'outerMorph', values })
    return
  }
  const form = document.querySelector(dataset.order)
  for (const [name, value] of Object.entries({ moved, ...next ? { ahead_of: next.dataset.moved } : { behind: last.dataset.moved } })) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
  }
  form.requestSubmit()
}
