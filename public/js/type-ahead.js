// What is typed between a button that asks for a field ("Add phone", "Edit", "Task") and its answer is written into that field: on a slow network its
// first letters would be lost, or taken for keys of the page.
(() => {
  const isField = element => element?.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]')
  let asked = null

  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    if (ctx.request.method === 'GET' && ctx.sourceElement === document.activeElement && ctx.sourceElement.matches('button[hx-get], a[hx-get]')) asked = { ctx, text: '' }
  })

  addEventListener('keydown', event => {
    const { key } = event
    if (!asked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isField(document.activeElement)) return
    if (key.length > 1 && key !== 'Backspace' && key !== 'Enter') return
    if (key === 'Backspace') asked.text = asked.text.slice(0, -1)
    else if (key !== 'Enter') asked.text += key
    event.preventDefault()
    event.stopImmediatePropagation()
  }, true)

  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    if (ctx !== asked?.ctx) return
    const { text } = asked, field = document.activeElement
    asked = null
    if (text.trim() === '' || !isField(field) || field.matches('select, [type=date], [type=time]')) return
    field.value += text
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
})()
