// The buttons above a letter's text write its marks; the composer in another page closes without leaving it.
document.addEventListener('click', event => {
  const mark = event.target.closest('[data-mark]')
  if (mark) return write(mark.closest('form').querySelector('textarea'), mark.dataset.mark)
  const close = event.target.closest('[data-close]')
  if (!close) return
  event.preventDefault()
  event.stopImmediatePropagation()
  document.querySelector(close.dataset.close).replaceChildren()
}, true)

document.addEventListener('keydown', event => {
  const mark = (event.ctrlKey || event.metaKey) && !event.altKey && { b: '**', i: '*' }[event.key]
  if (!mark || event.target.id !== 'letter-body') return
  event.preventDefault()
  write(event.target, mark)
})

// An address that is typed is the one that is meant.
document.addEventListener('input', ({ target }) => {
  if (target.id === 'other') target.closest('fieldset').querySelector('[value=other]').checked = true
})

function write (area, mark) {
  const { selectionStart: from, selectionEnd: to, value } = area
  const chosen = value.slice(from, to)
  if (mark === 'link') put(area, from, to, `[${chosen}](https://)`, chosen ? from + chosen.length + 3 : from + 1, chosen ? from + chosen.length + 11 : from + 1)
  else if (mark.endsWith(' ')) {
    const start = value.lastIndexOf('\n', from - 1) + 1
    const lines = value.slice(start, to).split('\n').map((line, n) => (mark === '- ' ? mark : `${n + 1}. `) + line).join('\n')
    put(area, start, to, lines, start + lines.length, start + lines.length)
  } else put(area, from, to, mark + chosen + mark, from + mark.length, to + mark.length)
}

// As if it was typed, so that the browser undoes it too.
function put (area, from, to, text, start, end) {
  area.focus()
  area.setSelectionRange(from, to)
  if (!document.execCommand('insertText', false, text)) area.setRangeText(text)
  area.setSelectionRange(start, end)
}
