// Settings > Form editor: items are dragged to their places. The arrows beside them do the same without this.
let dragged = null

const itemAt = event => event.target.closest?.('.arrange [data-item]')

// Only by the grip, so that words in a row can still be selected.
document.addEventListener('pointerdown', event => {
  const item = event.target.closest?.('.grip') && itemAt(event)
  if (item) item.draggable = true
})
document.addEventListener('pointerup', () => document.querySelectorAll('[data-item][draggable]').forEach(item => item.removeAttribute('draggable')))

document.addEventListener('dragstart', event => {
  dragged = itemAt(event)
  if (!dragged) return
  event.dataTransfer.effectAllowed = 'move'
  event.dataTransfer.setData('text/plain', dragged.dataset.item)
  dragged.classList.add('dragged')
})

document.addEventListener('dragover', event => {
  const place = dragged && placeOf(event)
  if (!place) return
  event.preventDefault()
  const list = listIn(place.section)
  if (place.before) place.before.before(dragged)
  else list.append(dragged)
})

document.addEventListener('drop', event => {
  if (!dragged) return
  event.preventDefault()
  const form = dragged.closest('form')
  const values = { version: form.elements.version.value, section: dragged.closest('[data-section]').dataset.section, before: dragged.nextElementSibling?.dataset.item ?? '' }
  const url = `${form.dataset.place}/${dragged.dataset.item}/place`
  end()
  htmx.ajax('POST', url, { target: '#editor', swap: 'outerMorph', values })
})

// Dropped nowhere: as it was, from the server.
document.addEventListener('dragend', () => {
  if (!dragged) return
  end()
  htmx.ajax('GET', location.pathname, { target: '#editor', swap: 'outerMorph' })
})

function end () {
  dragged.classList.remove('dragged')
  dragged.removeAttribute('draggable')
  dragged = null
}

/** Where the pointer is: before an item, or at the end of a section. */
function placeOf (event) {
  const section = event.target.closest?.('.arrange [data-section]')
  if (!section) return null
  const over = itemAt(event)
  if (!over || over === dragged) return over ? { section, before: over.nextElementSibling } : { section, before: null }
  const { top, height } = over.getBoundingClientRect()
  return { section, before: event.clientY < top + height / 2 ? over : over.nextElementSibling }
}

function listIn (section) {
  let list = section.querySelector('.arrange-items')
  if (!list) {
    list = document.createElement('ol')
    list.className = 'arrange-items'
    section.append(list)
  }
  return list
}
