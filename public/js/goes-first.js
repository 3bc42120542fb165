// What was typed into a form that its "Save" saves ("data-goes-first") isn't lost to a button beside it ("Archive", a status): it is saved first, and the
// button is pressed on the page that says so. What was refused keeps the button back; a reason that was written beside it stays.
(() => {
  let next = null

  const first = () => document.querySelector('form[data-goes-first]')
  document.addEventListener('input', event => {
    const form = event.target.closest?.('form[data-goes-first]')
    if (form) form.dataset.typed = ''
  })

  document.addEventListener('submit', event => {
    const form = event.target, typed = first(), { submitter } = event
    if (typed?.dataset.typed === undefined || typed === form || form.getAttribute('method') !== 'post' || !form.closest('#heading')) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (next) return // pressed twice
    next = { action: form.getAttribute('action'), value: submitter?.value, reason: form.elements.reason?.value, typed }
    typed.requestSubmit(typed.querySelector('[type=submit].primary'))
  }, true)

  document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => { if (ctx.sourceElement === next?.typed) next.ctx = ctx })

  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    if (!next || ctx !== next.ctx) return
    const { action, value, reason } = next, status = ctx.response?.status
    next = null
    const form = [...document.querySelectorAll('#heading form')].find(one => one.getAttribute('action') === action)
    if (!form || !status) return
    if (reason && form.elements.reason) {
      form.elements.reason.value = reason
      form.elements.reason.closest('details').open = true
    }
    if (status < 400) form.requestSubmit([...form.querySelectorAll('button')].find(button => button.value === (value ?? '')) ?? null)
  })
})()
