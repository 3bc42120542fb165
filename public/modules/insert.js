// Words in a list go into the field that was written in last, at the cursor; "…" in them is what is marked there. Without this script they are copied.
let last = null

const fields = () => [...document.querySelectorAll('[data-inserts]')]

function insert (words) {
  const field = last?.isConnected ? last : fields().find(one => one.tagName === 'TEXTAREA' && one.checkVisibility())
  if (!field) return
  const { selectionStart: from, selectionEnd: to, value } = field
  const marked = value.slice(from, to)
  const text = words.replace('…', () => marked)
  const inside = words.includes('…') && marked === '' ? words.indexOf('…') : text.length
  field.focus()
  field.setRangeText(text, from, to, 'end')
  field.setSelectionRange(from + inside, from + inside)
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

function prepare () {
  for (const code of document.querySelectorAll('code[data-insert]')) {
    if (code.closest('button')) continue
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'btn bare small insert'
    button.addEventListener('mousedown', event => event.preventDefault()) // the field keeps the cursor
    button.addEventListener('click', () => insert(code.textContent))
    const row = code.parentElement
    button.append(...row.childNodes)
    row.append(button)
  }
}

document.addEventListener('focusin', ({ target }) => { if (target.matches('[data-inserts]')) last = target })
document.addEventListener('htmx:after:swap', prepare)
prepare()
