/*
 * Drags one of a list to another place; "up" and "down" do the same without it. The list has data-order with the selector of a form,
 * each of its rows data-moved with its id and a handle [data-grip]. Let go, the form is sent with `moved` and `ahead_of` or `behind`.
 */
document.addEventListener('pointerdown', event => {
  const row = event.button === 0 && event.target.closest('[data-grip]')?.closest('[data-moved]')
  const list = row && row.closest('[data-order]')
  if (!list) return
  event.preventDefault()
  const { moved } = row.dataset
  const others = [...list.querySelectorAll('[data-moved]')].filter(other => other !== row)
  const middle = other => { const { top, height } = other.getBoundingClientRect(); return top + height / 2 }
  let place = null

  const mark = shown => {
    row.classList.toggle('dragged', shown)
    for (const other of others) {
      other.classList.toggle('drop-ahead', shown && place?.ahead_of === other.dataset.moved)
      other.classList.toggle('drop-behind', shown && place?.behind === other.dataset.moved)
    }
  }
  const move = ({ clientY }) => {
    const next = others.find(other => clientY < middle(other))
    place = next ? { ahead_of: next.dataset.moved } : others.length > 0 ? { behind: others.at(-1).dataset.moved } : null
    mark(true)
    // A long list goes along.
    if (clientY < 60) scrollBy(0, -12)
    else if (clientY > innerHeight - 60) scrollBy(0, 12)
  }
  const end = done => {
    removeEventListener('pointermove', move)
    removeEventListener('pointerup', drop)
    removeEventListener('pointercancel', cancel)
    removeEventListener('keydown', escape)
    mark(false)
    if (!done || !place) return
    const form = document.querySelector(list.dataset.order)
    for (const [name, value] of Object.entries({ moved, ...place })) {
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name, value })
      form.append(input)
    }
    form.requestSubmit()
  }
  const drop = () => end(true)
  const cancel = () => end(false)
  const escape = ({ key }) => { if (key === 'Escape') cancel() }
  addEventListener('pointermove', move)
  addEventListener('pointerup', drop)
  addEventListener('pointercancel', cancel)
  addEventListener('keydown', escape)
})
