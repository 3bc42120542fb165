// A button that takes over what an input has ("data-clear") empties it at once: on a slow network the next would be written behind it. What wasn't taken comes back.
(() => {
  const taken = new Map()
  let back = []
  const inputOf = ctx => ctx?.sourceElement?.dataset?.clear && document.querySelector(ctx.sourceElement.dataset.clear)

  document.addEventListener('htmx:config:request', event => {
    const { ctx } = event.detail, input = inputOf(ctx)
    if (!input) return
    if (taken.size > 0 && input.value.trim() === '') event.preventDefault() // pressed twice
    else {
      taken.set(ctx, { text: input.value, form: input.form })
      input.value = ''
    }
  })

  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    const was = taken.get(ctx), input = inputOf(ctx)
    if (!taken.delete(ctx)) return
    back = back.filter(({ form }) => form?.isConnected)
    if (!input || input.form !== was.form) return
    if (!(ctx.response?.status < 400) && was.text !== input.value) back.push(was)
    if (input.value === '') input.value = back.shift()?.text ?? ''
    if ([document.body, ctx.sourceElement].includes(document.activeElement)) input.focus()
  })
})()
