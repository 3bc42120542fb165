// A form that is sent is answered with its page anew: what was written on meanwhile, a comment not yet sent and a reason not yet given stand in it again.
(() => {
  const WORDS = 'textarea, select:not([multiple]), input:not([type=hidden], [type=file], [type=checkbox], [type=radio], [type=submit], [type=button], [type=password])'
  const DRAFTS = '#write textarea, .lead-moves textarea, [data-goes-first][data-typed] :is(textarea, input)'
  let kept = null

  document.addEventListener('htmx:before:swap', ({ detail: { ctx, tasks } }) => {
    const { method, body } = ctx.request, form = ctx.sourceElement
    if (method !== 'POST' || !form.matches?.('form') || !tasks.some(({ target }) => target === document.body)) return
    const isDraft = field => field.form === form ? field.name && !field.matches(':disabled') && !body.getAll(field.name).includes(field.value) : field.matches(DRAFTS) && field.value !== field.defaultValue
    const fields = [...document.querySelectorAll(`form[id] :is(${WORDS})`)].filter(field => isDraft(field))
    kept = { ctx, path: location.pathname, fields: fields.map(field => ({ of: field.form.getAttribute('id'), name: field.name, value: field.value, isIn: field === document.activeElement })) }
  })

  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx !== kept?.ctx) return
    const { path, fields } = kept
    kept = null
    for (const { of, name, value, isIn } of path === location.pathname ? fields : []) {
      const field = document.getElementById(of)?.elements[name]
      if (!field?.matches?.(WORDS) || field.matches(':disabled') || field.value === value) continue
      field.value = value
      const menu = isIn && field.closest('.lose')
      if (menu) menu.open = true
      if (isIn) field.focus()
      for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, { bubbles: true }))
    }
  })
})()
