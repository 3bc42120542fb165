/*
 * The board of leads. Cards are dragged, by mouse or pen, to the columns that theirs leads to (data-next); where one is lost, its column
 * (data-asks) asks why in a dialog. A card's menu does the same without it. Columns that changed, as the stream of events or an answer
 * tells, are read anew: those alone, together, and never under a card that is being dragged, or pressed and about to be.
 */
const WAIT = 250 // ms: what comes close together is read together
const touched = new Set()
let dragged = null
let pressed = false
let reading = null
let moving = Promise.resolve()
let arrived = null

const board = () => document.getElementById('board')
const columns = () => [...board()?.querySelectorAll('.column') ?? []]
const dialog = () => document.getElementById('move-dialog')
const isHeld = () => dragged !== null || pressed

function look (statuses, wait = WAIT) {
  for (const status of statuses) touched.add(String(status))
  reading ??= setTimeout(read, wait)
}

async function read () {
  const wanted = columns().filter(({ dataset: { status } }) => touched.has('all') || touched.has(status))
  if (wanted.length > 0 && (isHeld() || document.hidden)) {
    reading = null // goes on when the card is let go, or the page is looked at
    return
  }
  touched.clear()
  const again = event => {
    const { ctx } = event.detail
    if (ctx.sourceElement !== board() || ctx.swap !== 'none' || !isHeld()) return
    event.preventDefault() // a card was taken up meanwhile
    for (const { dataset: { status } } of wanted) touched.add(status)
  }
  document.addEventListener('htmx:before:swap', again)
  try {
    const address = new URL(board()?.dataset.now ?? '', location)
    address.searchParams.set('columns', wanted.map(column => `${column.dataset.status}.${column.open ? Math.max(1, column.querySelectorAll('.lead-card').length) : 0}`))
    if (wanted.length > 0) await htmx.ajax('GET', address.pathname + address.search, { source: '#board', target: '#board', swap: 'none' })
  } finally {
    document.removeEventListener('htmx:before:swap', again)
    reading = touched.size > 0 ? setTimeout(read, WAIT) : null
  }
  point(arrived)
}

// A card that was moved from its menu is shown where it is now, and keeps the keyboard.
function point (lead) {
  const card = lead && board()?.querySelector(`#lead-${lead}`)
  if (!card) return
  arrived = null
  card.classList.add('arrived')
  setTimeout(() => card.classList.remove('arrived'), 2500)
  card.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  if (document.activeElement === document.body) card.querySelector('.no').focus({ preventScroll: true })
}

document.addEventListener('htmx:sse:after:message', ({ detail: { message: { event = '' } } }) => {
  if (event === 'leads-anew') look(['all'])
  else if (event.startsWith('leads-in-')) look([event.slice('leads-in-'.length)])
})

document.addEventListener('leads-in', ({ detail: { lead, statuses } }) => {
  if (!board()) return
  dialog()?.close()
  for (const menu of document.querySelectorAll('.board .move[open]')) menu.open = false
  arrived = lead
  look(statuses, 0)
})

document.addEventListener('visibilitychange', () => { if (!document.hidden && touched.size > 0) look([]) })
document.addEventListener('click', ({ target }) => { if (target.closest?.('#move-dialog [data-close]')) dialog().close() })

// Cards are dragged only where this runs, and not by what is in them.
document.addEventListener('pointerdown', ({ target, pointerType }) => {
  const card = target.closest?.('#board .lead-card')
  if (!card) return
  card.draggable = pointerType !== 'touch' && !target.closest('.move') && card.closest('.column').dataset.next !== ''
  for (const link of card.querySelectorAll('a')) link.draggable = false
  pressed = card.draggable
})

// Also when a drag begins, which takes the pointer.
const letGo = () => {
  pressed = false
  if (touched.size > 0) look([])
}
for (const event of ['pointerup', 'pointercancel']) addEventListener(event, letGo)

document.addEventListener('dragstart', event => {
  const card = event.target.closest?.('#board .lead-card[draggable=true]')
  if (!card) return
  const from = card.closest('.column')
  const next = from.dataset.next.split(' ')
  dragged = card
  event.dataTransfer.effectAllowed = 'move'
  event.dataTransfer.setData('text/plain', card.querySelector('.no').textContent)
  // What a drag shows is taken from the card as it is now.
  setTimeout(() => {
    card.classList.add('dragged')
    board()?.classList.add('dragging')
    for (const column of columns()) column.classList.toggle('barred', column !== from && !next.includes(column.dataset.status))
  })
})

const over = event => {
  const column = dragged && event.target.closest?.('#board .column')
  const from = dragged?.closest('.column')
  return column && column !== from && from.dataset.next.split(' ').includes(column.dataset.status) ? column : null
}

document.addEventListener('dragover', event => {
  const into = over(event)
  if (into) event.preventDefault()
  for (const column of columns()) column.classList.toggle('drop-into', column === into)
})

document.addEventListener('drop', event => {
  const column = over(event)
  if (!column) return
  event.preventDefault()
  const card = dragged, from = card.closest('.column')
  const next = () => move(card, from, column)
  moving = moving.then(next, next) // one that failed keeps none from going
})

document.addEventListener('dragend', () => {
  dragged?.classList.remove('dragged')
  dragged = null
  board()?.classList.remove('dragging')
  for (const column of columns()) column.classList.remove('barred', 'drop-into')
  letGo()
})

// One after the other: of requests with one source htmx lets a second wait, which is told as done at once, and drops a third.
async function move (card, from, to) {
  const url = `/leads/${card.dataset.lead}/status`
  const into = { source: '#move-dialog', target: '#move-dialog > div', swap: 'innerHTML' }
  dialog().firstElementChild.replaceChildren()
  if ('asks' in to.dataset) await htmx.ajax('GET', `${url}?card&from=${from.dataset.status}&to=${to.dataset.status}`, into)
  else {
    // Where it was let go; what the server says comes after.
    if (to.open) to.querySelector('.cards').prepend(card)
    else card.remove()
    await htmx.ajax('POST', url, { ...into, values: { to: to.dataset.status, from: from.dataset.status, card: '1' } })
    look([from.dataset.status, to.dataset.status], 0)
  }
  if (dialog().firstElementChild.childElementCount === 0) return
  dialog().showModal()
  dialog().querySelector('textarea')?.focus()
}
